"""The targets of a site's chargers."""

from __future__ import annotations

from domain.proof import prove
from domain.records import load, registry
from domain.records.sites import ScheduleChanged, SessionPaused, SessionResumed
from tests.stories.site import NODES, SiteStory, targets
from tests.stories.story import of_type, one


def test_with_too_little_for_6_a_each_the_lowest_score_is_paused_and_waiting_rotates_it():
    story = SiteStory(per_panel=4, panels=("p1",))
    for number in range(4):
        story.charging(f"s{number}", f"p1c{number}", hours=8 - number, need_wh=30_000)
    states = {session.id: session.state for session in story.site.sessions.values()}
    assert states == {"s0": "paused", "s1": "charging", "s2": "charging", "s3": "charging"}
    assert sum(story.site.targets.values()) <= 20_000
    told = story.wait(180)
    assert {event.session_id for event in of_type(told, SessionResumed)} >= {"s0"}
    assert {event.session_id for event in of_type(told, SessionPaused)} - {"s0"}


def test_what_a_tapering_car_leaves_goes_to_others():
    story = SiteStory(per_panel=2)
    for session, charger in (("a", "p2c0"), ("b", "p2c1")):
        story.charging(session, charger, need_wh=60_000)
    lower = (registry.NodeSpec(id="site", parent=None, kind="site", limit_w=8_000), *NODES[1:])
    story.when(load.CapacityChanged(limits=lower, fixed=()))
    before = dict(story.site.targets)
    for charger, limit_ma in before.items():
        story.limit(charger, limit_ma)
    for _ in range(4):
        story.wait(0.5)
        story.meter("p2c0", 1_000, current_ma=7_000)
        story.meter("p2c1", 1_000, current_ma=before["p2c1"])
    story.wait(0.5)
    assert story.site.targets["p2c0"] == 9_000
    assert story.site.targets["p2c1"] > before["p2c1"]


RESERVE_W = 20_000
"""Half of the site."""


def reserved() -> SiteStory:
    """Of 40 kW half is kept free for P0; four cars charge with all that is left to them."""
    story = SiteStory(per_panel=5, reserve_w=RESERVE_W)
    for number in range(4):
        story.charging(f"a{number}", f"p2c{number}", need_wh=40_000)
    used_w = sum(-(-current_ma * 208 // 1000) for current_ma in story.site.targets.values())
    assert 19_000 < used_w <= 40_000 - RESERVE_W
    return story


def test_with_a_standing_reserve_p0_s_raise_needs_no_decrease_of_others():
    story = reserved()
    before = dict(story.site.targets)
    story.request("b")
    story.grant("b")
    story.authorize("p2c4", "b")
    assert targets(story.start("p2c4", "b")) == {"p2c4": 32_000}
    assert story.site.targets == {**before, "p2c4": 32_000}


def test_the_schedule_records_the_reserve_so_that_it_can_be_called_again():
    story = reserved()
    decision = one(ScheduleChanged, story.charging("b", "p2c4"))
    outlets = {charger.outlet.id: charger.outlet for charger in story.site.chargers.values()}
    assert decision.priority_reserve_w == RESERVE_W
    assert prove(decision, outlets).is_equal()
    assert not prove(decision.model_copy(update={"priority_reserve_w": 0}), outlets).is_equal()
