"""Who may do what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.registry.access import ACTIONS, NOBODY, Allowed, Belongs, Principal, allows

OPERATOR = Principal("o", "operator")
DRIVER = Principal("d", "driver")
ADMIN = Principal("a", "enterprise_admin", "e1")
CLOUD = Principal("k", "integration", "e1")
PLATFORM = Principal("p", "integration")
HERS = Belongs(owner_id="d")
OF_E1 = Belongs(owner_id="x", enterprise_id="e1")
OF_E2 = Belongs(owner_id="x", enterprise_id="e2")


@pytest.mark.parametrize("action", ACTIONS)
def test_an_operator_may_do_everything(action):
    assert allows(OPERATOR, action, OF_E2)


@pytest.mark.parametrize(
    ("principal", "action", "thing", "may"),
    [
        (DRIVER, "session.change", HERS, True),
        (DRIVER, "session.change", OF_E1, False),
        (DRIVER, "site.see", NOBODY, True),
        (DRIVER, "site.limit", NOBODY, False),
        (DRIVER, "vehicle.enrol", HERS, False),
        (DRIVER, "session.decide_review", HERS, False),
        (ADMIN, "session.change", OF_E1, True),
        (ADMIN, "session.change", OF_E2, False),
        (ADMIN, "vehicle.enrol", OF_E1, True),
        (ADMIN, "vehicle.enrol", OF_E2, False),
        (ADMIN, "enterprise.approve", OF_E1, False),
        (ADMIN, "enterprise.integrate", OF_E1, True),
        (ADMIN, "enterprise.integrate", OF_E2, False),
        (CLOUD, "vehicle.report", OF_E1, True),
        (CLOUD, "vehicle.report", OF_E2, False),
        (CLOUD, "vehicle.report", HERS, False),
        (CLOUD, "site.see", NOBODY, False),
        (PLATFORM, "vehicle.report", OF_E2, True),
        (PLATFORM, "vehicle.see", OF_E2, False),
    ],
)
def test_others_may_do_what_is_theirs(principal, action, thing, may):
    assert allows(principal, action, thing) is may


def test_who_has_no_enterprise_does_not_own_what_has_none():
    assert not allows(Principal("a", "enterprise_admin", None), "session.change", NOBODY)
    assert not allows(Principal("", "driver"), "session.change", NOBODY)


def test_an_unknown_action_is_a_defect():
    with pytest.raises(KeyError):
        allows(OPERATOR, "site.explode")


@given(st.sampled_from(sorted(ACTIONS)), st.sampled_from([DRIVER, ADMIN, CLOUD]), st.text(max_size=3))
def test_nobody_but_operators_may_touch_what_belongs_to_others_alone(action, principal, name):
    thing = Belongs(owner_id=f"other-{name}", enterprise_id=f"other-{name}")
    assert allows(principal, action, thing) is (Allowed.ACCOUNTS in ACTIONS[action] and principal.role != "integration")
