from hypothesis import given, settings
from hypothesis import strategies as st

from domain.electrical.grid import Node, Outlet, ancestors
from domain.load_control.failsafe_plan import failsafe_limits
from tests.examples import examples


def site(limit_w: int | None = 100_000) -> dict[str, Node]:
    return {"site": Node("site", None, "site", None, limit_w)}


def outlet(name: str, node: str = "site", max_ma: int = 32_000, phases: tuple[int, ...] = (0,)) -> Outlet:
    return Outlet(name, node, phases, max_ma, 6_000, 230_000)


def test_the_firm_cap_is_shared_equally() -> None:
    assert failsafe_limits(site(), [outlet("a"), outlet("b")], 4_600) == {"a": 10_000, "b": 10_000}


def test_what_a_small_charger_cannot_give_goes_to_the_others() -> None:
    assert failsafe_limits(site(), [outlet("a", max_ma=8_000), outlet("b")], 4_600) == {"a": 8_000, "b": 12_000}


def test_nobody_gets_more_than_the_charger_can_give() -> None:
    assert failsafe_limits(site(), [outlet("a", max_ma=16_000)], 50_000) == {"a": 16_000}


def test_those_that_do_not_fit_at_their_minimum_fall_back_to_0() -> None:
    limits = failsafe_limits(site(), [outlet("c"), outlet("b"), outlet("a")], 230 * 13)
    assert limits == {"a": 7_000, "b": 6_000, "c": 0}


def test_the_site_limit_holds_where_it_is_lower_than_the_firm_cap() -> None:
    assert failsafe_limits(site(230 * 10), [outlet("a")], 50_000) == {"a": 10_000}


def test_the_firm_cap_holds_where_the_site_has_no_limit() -> None:
    assert failsafe_limits(site(None), [outlet("a")], 230 * 10) == {"a": 10_000}


def test_a_firm_cap_of_nothing_leaves_nothing() -> None:
    assert failsafe_limits(site(), [outlet("a")], 0) == {"a": 0}


def test_a_panel_limits_its_own_chargers_and_leaves_the_rest_to_others() -> None:
    nodes = site() | {"panel": Node("panel", "site", "panel", (13_000,) * 3)}
    outlets = [outlet("a", "panel"), outlet("b", "panel"), outlet("c")]
    assert failsafe_limits(nodes, outlets, 230 * 30) == {"a": 7_000, "b": 6_000, "c": 17_000}


NODES = ("site", "panel", "circuit")


@settings(max_examples=examples(100), deadline=None)
@given(
    st.integers(0, 50_000),
    st.integers(0, 50_000),
    st.tuples(*[st.integers(0, 70_000)] * 3),
    st.none() | st.integers(0, 20_000),
    st.lists(
        st.tuples(st.sampled_from(NODES), st.sampled_from([(0,), (1,), (2,), (0, 1, 2)]), st.integers(6_000, 32_000)),
        max_size=12,
    ),
)
def test_all_of_them_at_once_fit_below_every_limit(
    firm_w: int,
    limit_w: int,
    panel_ma: tuple[int, int, int],
    circuit_w: int | None,
    described: list[tuple[str, tuple[int, ...], int]],
) -> None:
    nodes = site(limit_w)
    nodes["panel"] = Node("panel", "site", "panel", panel_ma)
    nodes["circuit"] = Node("circuit", "panel", "circuit", None, circuit_w)
    outlets = [outlet(f"c{index:02}", node, max_ma, phases) for index, (node, phases, max_ma) in enumerate(described)]
    limits = failsafe_limits(nodes, outlets, firm_w)
    assert set(limits) == {one.id for one in outlets}
    for one in outlets:
        assert limits[one.id] == 0 or one.min_ma <= limits[one.id] <= one.max_ma
        assert limits[one.id] % 1000 == 0

    def power_w(node: str) -> int:
        return sum(one.power_w(limits[one.id]) for one in outlets if node in ancestors(nodes, one.node))

    assert power_w("site") <= min(firm_w, limit_w)
    assert circuit_w is None or power_w("circuit") <= circuit_w
    for phase in range(3):
        below = [one for one in outlets if "panel" in ancestors(nodes, one.node) and phase in one.phases]
        assert sum(limits[one.id] for one in below) <= panel_ma[phase]
    assert limits == failsafe_limits(dict(reversed(nodes.items())), outlets[::-1], firm_w)
