"""What a site believes of its meters: no session ends and nobody's fairness changes by what is not so."""

from __future__ import annotations

import pytest

from domain.records import load
from domain.records.sites import FairnessChanged, SessionEnded
from tests.stories.site import SiteStory, targets
from tests.stories.story import MINUTE_MS, of_type, one


def charging(meter_start_wh: int = 1_000, need_wh: int | None = 10_000) -> SiteStory:
    """A car that charges at the one charger, while another one waits."""
    story = SiteStory()
    story.request("a", need_wh=need_wh)
    story.accept("a")
    story.authorize("p2c0", "a")
    story.start("p2c0", "a", meter_start_wh=meter_start_wh)
    story.request("b")
    story.limit("p2c0", 32_000)
    return story


@pytest.mark.parametrize("of", [{"evse_id": 0}, {"evse_id": 0, "transaction_id": None}, {"transaction_id": "4711"}])
def test_a_reading_of_the_station_or_of_another_transaction_is_no_sessions(of):
    story = charging()
    story.wait(10)
    assert not of_type(story.meter("p2c0", 8_123_456, 0, **of), SessionEnded)
    assert story.observations.delivered_wh(story.site.sessions["a"]) == 0
    assert story.observations.congested_wh == {}


@pytest.mark.parametrize("register", [4_294_967_295, 2_147_483_647, 10**9, 7_930_200])
@pytest.mark.parametrize("after_wh", [None, 1_000])
def test_one_impossible_register_ends_no_session_and_changes_nobodys_fairness(register, after_wh):
    story = charging()
    story.wait(10)
    if after_wh is not None:
        story.meter("p2c0", after_wh)
    before = story.observations.congested_wh.get("a", 0)
    story.now_ms += 1_000
    told = story.meter("p2c0", register)
    assert not of_type(told, SessionEnded)
    assert targets(told) == {}
    assert story.observations.congested_wh.get("a", 0) == before
    story.wait(10)
    story.meter("p2c0", 2_000)
    assert story.observations.delivered_wh(story.site.sessions["a"]) == 2_000
    assert not story.observations.is_estimated(story.site.sessions["a"])


def test_a_lifetime_register_after_a_start_at_0_is_counted_from_its_first_value():
    story = charging(meter_start_wh=0)
    for minute in range(0, 60, 5):
        story.wait(5)
        assert not of_type(story.meter("p2c0", 7_930_200 + 100 * minute), SessionEnded)
    assert story.observations.delivered_wh(story.site.sessions["a"]) == 5_500
    assert story.observations.is_estimated(story.site.sessions["a"])


def test_a_session_register_completes_the_session_and_its_energy_is_estimated():
    story = charging(meter_start_wh=7_930_000)
    ended = []
    for number in range(1, 30):
        story.wait(5)
        ended = of_type(story.meter("p2c0", 500 * number - 1_000), SessionEnded)
        if ended:
            break
    assert (ended[0].reason, ended[0].energy_wh, ended[0].estimated) == ("target_reached", 10_000, True)


def test_the_energy_of_the_car_before_is_not_put_down_to_the_next_ones_driver():
    story = charging()
    story.wait(10)
    story.meter("p2c0", 500)
    story.stop("p2c0", 900)
    story.wait(1)
    story.accept("b")
    story.authorize("p2c0", "b")
    story.start("p2c0", "b", meter_start_wh=1_900)
    story.request("c")
    story.wait(10)
    story.meter("p2c0", 1_300)
    told = story.stop("p2c0", 400)
    assert one(FairnessChanged, told).received == (("v-b", 400),)


def test_a_charger_that_reports_power_only_shows_that_its_car_is_full():
    story = charging()
    story.wait(100)
    assert not of_type(story.meter("p2c0", 9_990, None, power_w=0), SessionEnded)
    story.wait(1)
    assert one(SessionEnded, story.meter("p2c0", 9_990, None, power_w=0)).reason == "target_reached"


def test_a_charger_that_reports_power_only_shows_what_its_car_makes_use_of():
    story = charging()
    story.wait(2)
    story.meter("p2c0", 100, None, power_w=10 * 208)
    assert story.observations.usable_ma == {"p2c0": 12_000}


def test_a_low_current_that_the_power_contradicts_makes_no_car_idle():
    story = charging()
    story.meter("p2c0", 0, 32_000)
    story.wait(100)
    story.meter("p2c0", 9_990, 0, power_w=6_656)
    story.wait(2)
    assert not of_type(story.meter("p2c0", 9_990, 0, power_w=6_656), SessionEnded)


def test_energy_of_a_start_that_was_reported_late_is_believed():
    story = SiteStory()
    started = story.now_ms
    story.wait(30)
    story.start("p2c0", None, charger_time_ms=started)
    story.wait(1)
    story.meter("p2c0", 3_300)
    (walk_up,) = story.site.sessions.values()
    assert (story.observations.delivered_wh(walk_up), story.observations.is_estimated(walk_up)) == (3_300, False)
    assert story.now_ms - started >= 30 * MINUTE_MS


def test_readings_of_a_charger_whose_clock_is_off_are_believed_once_that_is_known():
    story = charging()
    story.wait(10)
    off = {"charger_time_ms": story.now_ms + 2 * 60 * MINUTE_MS, "fresh": False, "stale_by_clock": True}
    story.meter("p2c0", 500, **off)
    assert story.observations.delivered_wh(story.site.sessions["a"]) == 0
    story.when(load.ClockLearnt(charger_id="p2c0", offset_ms=-2 * 60 * MINUTE_MS))
    story.meter("p2c0", 500, **off)
    assert story.observations.delivered_wh(story.site.sessions["a"]) == 500
    story.when(load.ClockLearnt(charger_id="p2c0", offset_ms=None))
    assert story.observations.clock_ms == {}


def test_a_charger_that_reports_energy_only_shows_that_its_car_is_full():
    story = charging()
    ended = []
    for minute in range(1, 110):
        story.wait(1)
        ended += of_type(story.meter("p2c0", min(9_800, 110 * minute), None), SessionEnded)
    assert [one.reason for one in ended] == ["target_reached"]
    assert ended[0].energy_wh == 9_800


@pytest.mark.parametrize("source", ["currents", "power", "energy"])
def test_a_session_is_seen_alike_by_whatever_its_charger_reports(source):
    """What it received, and that its car takes no more."""
    story = charging(need_wh=None)
    energy_wh, voltage_mv = 0.0, story.site.chargers["p2c0"].outlet.voltage_mv
    for minute in range(90):
        power_w = 4_600 if minute < 60 else 0
        story.wait(1)
        energy_wh += power_w / 60
        current_ma = power_w * 1_000_000 // voltage_mv
        story.meter(
            "p2c0",
            round(energy_wh) if source == "energy" else None,
            current_ma if source == "currents" else None,
            power_w=power_w if source == "power" else None,
        )
    session = story.site.sessions["a"]
    assert abs(story.observations.delivered_wh(session) - 4_600) <= 80
    assert story.observations.is_estimated(session) is (source != "energy")
    idle_since_ms = story.observations.takes_no_more_since_ms("p2c0")
    assert idle_since_ms is not None
    assert story.now_ms - idle_since_ms >= 25 * MINUTE_MS
