"""Tiers: priority comes with a grant, and never outlasts it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.records.sites import ScheduleChanged, SessionEnded, SessionOffered, SessionPaused, SessionTierChanged
from processors.engine.stream import dump_state, load_state
from processors.sites import TICK_MS, Sites
from tests.examples import examples
from tests.stories.site import SiteStory, targets
from tests.stories.story import MINUTE_MS, of_type, one


def full(cars: int = 2, **options) -> SiteStory:
    """All chargers in use."""
    story = SiteStory(per_panel=cars, **options)
    for number in range(cars):
        story.charging(f"a{number}", f"p2c{number}")
    return story


def test_a_grant_changes_the_tier_until_its_end():
    story = full()
    story.request("b")
    assert one(SessionTierChanged, story.grant("b")) == SessionTierChanged(
        session_id="b", tier=0, until_ms=story.now_ms + 30 * MINUTE_MS
    )
    session = story.site.sessions["b"]
    assert (session.tier, session.tier_until_ms) == (0, story.now_ms + 30 * MINUTE_MS)
    assert load_state(Sites(), dump_state(Sites(), story.whole())) == story.whole()


def test_its_expiry_makes_it_p2_again_once():
    story = full()
    story.request("b")
    story.grant("b")
    assert one(SessionTierChanged, story.expire("b")) == SessionTierChanged(session_id="b", tier=2, until_ms=None)
    assert story.expire("b") == []


def test_what_lapsed_is_p2_even_if_no_message_came():
    story = full()
    story.request("b")
    story.grant("b", minutes=10)
    assert not of_type(story.wait(9.9), SessionTierChanged)
    assert one(SessionTierChanged, story.wait(0.6)).tier == 2
    assert story.site.sessions["b"].tier == 2


def test_a_renewal_keeps_it():
    story = full()
    story.request("b")
    story.grant("b", minutes=10)
    story.wait(9)
    assert one(SessionTierChanged, story.grant("b", minutes=10)).tier == 0
    assert not of_type(story.wait(9.9), SessionTierChanged)


@pytest.mark.parametrize("tell", [SiteStory.grant, SiteStory.expire])
def test_of_a_session_that_is_not_open_nothing_changes(tell):
    assert tell(full(), "gone") == []


def test_p0_moves_to_the_head_of_the_queue_and_p1_next():
    story = full(cars=3)
    for session_id in ("first", "second", "fleet", "ambulance"):
        story.request(session_id)
        story.wait(1)
    story.grant("fleet", tier=1)
    story.grant("ambulance", tier=0)
    offered = [one(SessionOffered, story.stop(f"p2c{number}")).session_id for number in range(3)]
    assert offered == ["ambulance", "fleet", "first"]


def test_a_charger_that_is_held_stays_held_and_p0_is_next():
    story = full()
    story.request("first")
    story.wait(1)
    story.request("ambulance")
    assert one(SessionOffered, story.stop("p2c0")).session_id == "first"
    told = story.grant("ambulance")
    assert not of_type(told, SessionOffered)
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
    told = story.grant("b")
    assert targets(told) == {"p1c2": 20_000, "p1c0": 0, "p1c1": 0}
    assert len(of_type(told, SessionPaused)) == 2
    assert not of_type(told, SessionEnded)
    assert one(ScheduleChanged, told).targets[0].charger_id == "p1c2", "priority comes first in the raise as well"
    assert set(story.site.sessions) == {"a0", "a1", "b"}


def test_the_end_of_its_priority_shares_again_at_once():
    story = crowded()
    story.charging("b", "p1c2")
    story.grant("b")
    assert story.site.targets == {"p1c2": 20_000}
    story.expire("b")
    assert sum(story.site.targets.values()) == 20_000
    assert len(story.site.targets) == 3


STEPS = st.one_of(
    st.tuples(st.just("grant"), st.sampled_from("ab"), st.integers(0, 1), st.sampled_from([0.1, 1, 5])),
    st.tuples(st.just("expire"), st.sampled_from("ab")),
    st.tuples(st.just("wait"), st.sampled_from([0.2, 0.5, 1, 6])),
)


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(STEPS, max_size=10))
def test_a_tier_is_never_better_than_granted_and_outlasts_its_grant_by_a_tick_at_most(steps):
    story = full(cars=1)
    granted = {}
    for name in "ab":
        story.request(name)
    for step in steps:
        match step:
            case ("grant", name, tier, minutes):
                story.grant(name, tier, minutes)
                granted[name] = (tier, story.now_ms + int(minutes * MINUTE_MS))
            case ("expire", name):
                story.expire(name)
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
