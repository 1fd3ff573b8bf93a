"""Priority at a site: given who charges and waits, when priority comes or goes, then this is planned."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import proof
from domain.records import registry
from domain.records.sites import (
    ScheduleChanged,
    SessionEnded,
    SessionOffered,
    SessionPaused,
    SessionTierChanged,
    SiteAdded,
)
from domain.records.vehicles import Evidence, PriorityExpired, PriorityGranted
from processors.engine.stream import dump_state, load_state
from processors.sites import TICK_MS, Sites
from tests.stories.site import NODES, SiteStory
from tests.stories.story import MINUTE_MS

NOTHING = Evidence(
    eligible=True,
    mission_active=None,
    mission_age_ms=None,
    location_zone=None,
    location_age_ms=None,
    site_zone=None,
    level_permille=None,
    level_age_ms=None,
)
RESERVE_W = 20_000
"""Half of the site."""


def of(kind, payloads):
    return [one for one in payloads if isinstance(one, kind)]


def one(kind, payloads):
    (found,) = of(kind, payloads)
    return found


def targets(payloads):
    return {
        target.charger_id: target.target_ma for changed in of(ScheduleChanged, payloads) for target in changed.targets
    }


def grant(story: SiteStory, session_id: str, tier: int = 0, minutes: float = 30):
    granted = PriorityGranted(
        session_id=session_id,
        vehicle_id=f"v-{session_id}",
        site_id="s",
        tier=tier,
        basis="mission",
        valid_until_ms=story.now_ms + int(minutes * MINUTE_MS),
        evidence=NOTHING,
        rule="r",
        reason="granted",
    )
    return story.when(granted)


def expire(story: SiteStory, session_id: str):
    expired = PriorityExpired(
        session_id=session_id,
        vehicle_id=f"v-{session_id}",
        site_id="s",
        tier=0,
        evidence=NOTHING,
        rule="r",
        reason="over",
    )
    return story.when(expired)


def full(cars: int = 2, **options) -> SiteStory:
    """All chargers in use."""
    story = SiteStory(per_panel=cars, **options)
    for number in range(cars):
        story.charging(f"a{number}", f"p2c{number}")
    return story


def test_a_grant_changes_the_tier_until_its_end():
    story = full()
    story.request("b")
    assert one(SessionTierChanged, grant(story, "b")) == SessionTierChanged(
        session_id="b", tier=0, until_ms=story.now_ms + 30 * MINUTE_MS
    )
    session = story.site.sessions["b"]
    assert (session.tier, session.tier_until_ms) == (0, story.now_ms + 30 * MINUTE_MS)
    assert load_state(Sites(), dump_state(Sites(), story.whole())) == story.whole()


def test_its_expiry_makes_it_p2_again_and_is_told_once():
    story = full()
    story.request("b")
    grant(story, "b")
    assert one(SessionTierChanged, expire(story, "b")) == SessionTierChanged(session_id="b", tier=2, until_ms=None)
    assert expire(story, "b") == []


def test_what_lapsed_is_p2_even_if_no_message_came():
    story = full()
    story.request("b")
    grant(story, "b", minutes=10)
    assert not of(SessionTierChanged, story.wait(9.9))
    assert one(SessionTierChanged, story.wait(0.6)).tier == 2
    assert story.site.sessions["b"].tier == 2


def test_a_renewal_keeps_it():
    story = full()
    story.request("b")
    grant(story, "b", minutes=10)
    story.wait(9)
    assert one(SessionTierChanged, grant(story, "b", minutes=10)).tier == 0
    assert not of(SessionTierChanged, story.wait(9.9))


@pytest.mark.parametrize("tell", [grant, expire])
def test_of_a_session_that_is_not_open_nothing_changes(tell):
    assert tell(full(), "gone") == []


def test_p0_moves_to_the_head_of_the_queue_and_p1_next():
    story = full(cars=3)
    for session_id in ("first", "second", "fleet", "ambulance"):
        story.request(session_id)
        story.wait(1)
    grant(story, "fleet", tier=1)
    grant(story, "ambulance", tier=0)
    offered = [one(SessionOffered, story.stop(f"p2c{number}")).session_id for number in range(3)]
    assert offered == ["ambulance", "fleet", "first"]


def test_a_charger_that_is_held_for_somebody_stays_hers_and_p0_is_next():
    story = full()
    story.request("first")
    story.wait(1)
    story.request("ambulance")
    assert one(SessionOffered, story.stop("p2c0")).session_id == "first"
    told = grant(story, "ambulance")
    assert not of(SessionOffered, told)
    assert story.site.sessions["first"].state == "offered"
    assert one(SessionOffered, story.stop("p2c1")).session_id == "ambulance"


def crowded() -> SiteStory:
    """A panel of 20 A, of which two cars on the same phase have 10 A each, and a charger that is free."""
    story = SiteStory(per_panel=3, panels=("p1",))
    for number in range(2):
        story.charging(f"a{number}", f"p1c{number}")
    assert sum(story.site.targets.values()) == 20_000
    return story


def test_p0_throttles_those_who_charge_and_ends_no_session():
    story = crowded()
    story.charging("b", "p1c2")
    told = grant(story, "b")
    assert targets(told) == {"p1c2": 20_000, "p1c0": 0, "p1c1": 0}
    assert len(of(SessionPaused, told)) == 2
    assert not of(SessionEnded, told)
    assert one(ScheduleChanged, told).targets[0].charger_id == "p1c2", "priority comes first in the raise as well"
    assert set(story.site.sessions) == {"a0", "a1", "b"}


def test_the_end_of_its_priority_shares_again_at_once():
    story = crowded()
    story.charging("b", "p1c2")
    grant(story, "b")
    assert story.site.targets == {"p1c2": 20_000}
    expire(story, "b")
    assert sum(story.site.targets.values()) == 20_000
    assert len(story.site.targets) == 3


def reserved() -> SiteStory:
    """Of 40 kW half is kept free for P0; four cars charge with all that is left to them."""
    story = SiteStory(per_panel=5, reserve_w=RESERVE_W)
    for number in range(4):
        story.charging(f"a{number}", f"p2c{number}", need_wh=40_000)
    used_w = sum(-(-current_ma * 208 // 1000) for current_ma in story.site.targets.values())
    assert 19_000 < used_w <= 40_000 - RESERVE_W
    return story


def test_a_standing_reserve_is_part_of_the_site():
    story = SiteStory()
    told = registry.SiteRegistered(site_id="s", location_zone="z", firm_w=1, nodes=NODES, priority_reserve_w=RESERVE_W)
    assert one(SiteAdded, story.when(told)).priority_reserve_w == RESERVE_W
    assert story.site.priority_reserve_w == RESERVE_W


def test_with_a_standing_reserve_p0_s_raise_needs_no_decrease_of_others():
    story = reserved()
    before = dict(story.site.targets)
    story.request("b")
    grant(story, "b")
    story.authorize("p2c4", "b")
    assert targets(story.start("p2c4", "b")) == {"p2c4": 32_000}
    assert story.site.targets == {**before, "p2c4": 32_000}


def test_the_schedule_records_the_reserve_so_that_it_can_be_called_again():
    story = reserved()
    decision = one(ScheduleChanged, story.charging("b", "p2c4"))
    outlets = {charger.outlet.id: charger.outlet for charger in story.site.chargers.values()}
    assert decision.priority_reserve_w == RESERVE_W
    assert proof.holds(decision, outlets) is True
    assert proof.holds(decision.model_copy(update={"priority_reserve_w": 0}), outlets) is False


STEPS = st.one_of(
    st.tuples(st.just("grant"), st.sampled_from("ab"), st.integers(0, 1), st.sampled_from([0.1, 1, 5])),
    st.tuples(st.just("expire"), st.sampled_from("ab")),
    st.tuples(st.just("wait"), st.sampled_from([0.2, 0.5, 1, 6])),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, max_size=10))
def test_a_tier_is_never_better_than_granted_and_outlasts_its_grant_by_a_tick_at_most(steps):
    story = full(cars=1)
    granted = {}
    for name in "ab":
        story.request(name)
    for step in steps:
        match step:
            case ("grant", name, tier, minutes):
                grant(story, name, tier, minutes)
                granted[name] = (tier, story.now_ms + int(minutes * MINUTE_MS))
            case ("expire", name):
                expire(story, name)
                granted.pop(name, None)
            case ("wait", minutes):
                story.wait(minutes)
        for name in "ab":
            tier, until_ms = granted.get(name, (2, story.now_ms))
            now = story.site.sessions[name].tier
            if story.now_ms < until_ms:
                assert now == tier
            elif story.now_ms < until_ms + TICK_MS:
                assert now in (tier, 2)
            else:
                assert now == 2
