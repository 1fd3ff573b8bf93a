"""From a proven mission to current at the charger: vehicles, holder, site and safety kernel together."""

from __future__ import annotations

from domain.records import registry
from domain.records.load import LimitDesired
from domain.records.sites import SessionEnded
from tests.stories.town import Town

FULL_MA = 32_000
"""What the ambulance can draw."""
WAIT_S_MAX = 90


def town(**options) -> Town:
    """A site where two cars have all that they may, 20 A each; an ambulance of an approved service is on its way."""
    story = Town(charger_ids=("a", "b", "c"), **options)
    for car in ("u", "w"):
        story.vehicle(car)
        story.charge(car)
        story.run(120)
    assert (story.lease_ma("a"), story.lease_ma("b")) == (20_000, 20_000)
    story.vehicle("ambulance", enterprise_id="e", priority_eligible=True)
    story.approve("e")
    story.on_mission("ambulance", "e")
    return story


def limits(story: Town, since: int) -> list[tuple[int, str, int]]:
    """Every limit that was asked for: when (ms), of which charger, mA."""
    asked = [record for record in story.recorded[since:] if isinstance(record.data, LimitDesired)]
    return [(record.time, record.data.charger_id, record.data.limit_ma) for record in asked]


def test_at_a_full_site_p0_gets_its_current_after_the_confirmed_decrease_of_the_others():
    story = town(limit_a=40)
    since, plugged_ms = len(story.recorded), story.now_ms
    assert story.charge("ambulance") == "c"
    while story.lease_ma("c") < FULL_MA:
        story.run(1)
        assert story.now_ms - plugged_ms <= WAIT_S_MAX * 1000
    asked = limits(story, since)
    lowered_ms = max(at for at, charger, _ in asked if charger in "ab")
    raised_ms = next(at for at, charger, ma in asked if charger == "c" and ma > 6_000)
    assert raised_ms > lowered_ms, "a meter showed the decrease before anything was raised"
    assert (story.lease_ma("a"), story.lease_ma("b")) == (8_000, 0)
    assert not any(isinstance(record.data, SessionEnded) for record in story.recorded[since:])


def test_with_a_standing_reserve_p0_gets_its_current_at_once_and_nobody_is_lowered():
    story = town(limit_a=72, reserve_a=32)
    since, plugged_ms = len(story.recorded), story.now_ms
    assert story.charge("ambulance") == "c"
    assert (story.lease_ma("c"), story.now_ms) == (FULL_MA, plugged_ms)
    assert {charger for _, charger, _ in limits(story, since)} == {"c"}
    story.run(120)
    assert {charger for _, charger, _ in limits(story, since)} == {"c"}


def test_without_the_proof_an_ambulance_is_one_of_three():
    story = town(limit_a=40)
    story.when(registry.EnterpriseSuspended(enterprise_id="e"), stream="vehicles:enterprise:e")
    story.charge("ambulance")
    story.run(300)
    assert sum(story.lease_ma(charger) for charger in "abc") <= 40_000
    assert story.lease_ma("c") < 20_000
