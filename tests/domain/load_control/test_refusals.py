"""Readings that physics contradicts grant, end and confirm nothing, and never lower what is counted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.records.load import (
    AlarmCleared,
    AlarmRaised,
    CommandRequested,
    LimitConfirmed,
    LimitDesired,
    ObedienceVoided,
    Overcommitted,
    RatingExceeded,
    RatingKept,
    ReadingRefused,
    TransactionPermitted,
    TransactionRefused,
    TransactionStopped,
)
from tests.examples import examples
from tests.stories.kernel import Kernel
from tests.stories.story import of_type, one


def pair() -> Kernel:
    """One that charges with 20 A beside an idle one of 16 A, on 40 A."""
    kernel = Kernel().site(limit_a=64, firm_a=12)
    kernel.ready("busy")
    kernel.ready("idle", max_a=16)
    kernel.charge("busy", 20)
    return kernel


def alarms(events, kind=AlarmRaised) -> list[tuple[str, str | None]]:
    return [(alarm.code, alarm.charger_id) for alarm in of_type(events, kind)]


@pytest.mark.parametrize("amps", [1000, 655.35, 21])
def test_one_impossible_current_counts_at_the_rating_and_stops_no_neighbour(amps):
    kernel = pair()
    events = kernel.meter("idle", amps)
    assert alarms(events) == [("impossible_current", "idle")]
    assert one(ReadingRefused, events).value == round(amps * 1000)
    assert kernel.counted("idle") == 16_000
    later = events + kernel.after(300)
    assert of_type(later, Overcommitted, LimitDesired) == []
    assert kernel.charger("busy").lease.limit_ma == 20_000


def test_a_second_value_is_asked_for_at_once_and_a_possible_one_ends_the_matter():
    kernel = pair()
    kernel.after(10)
    (trigger,) = of_type(kernel.meter("idle", 1000), CommandRequested)
    assert (trigger.charger_id, trigger.arguments["connector_id"]) == ("idle", "1")
    kernel.after(2)
    assert alarms(kernel.meter("idle", 0), AlarmCleared) == [("impossible_current", "idle")]
    assert kernel.counted("idle") == 0


def test_the_same_message_again_affirms_nothing():
    kernel = pair()
    at_ms = kernel.now_ms
    kernel.meter("idle", 1000, charger_time_ms=at_ms)
    kernel.after(2)
    assert of_type(kernel.meter("idle", 1000, charger_time_ms=at_ms), RatingExceeded, LimitDesired) == []
    assert kernel.counted("idle") == 16_000


def test_an_impossible_current_that_is_affirmed_counts_as_read_and_its_outlet_gets_no_current():
    kernel = pair()
    kernel.meter("idle", 40)
    kernel.after(5)
    exceeded = one(RatingExceeded, kernel.meter("idle", 41))
    assert (exceeded.charger_id, exceeded.measured_ma, exceeded.rated_ma) == ("idle", 41_000, 16_000)
    assert kernel.counted("idle") == 41_000
    kernel.after(5)
    assert "rated" in one(TransactionRefused, kernel.request("idle")).reason


def test_the_register_affirms_an_impossible_current():
    kernel = pair()
    kernel.meter("idle", 0, energy_wh=1_000)
    kernel.after(600)
    events = kernel.meter("idle", 60, energy_wh=1_000 + 60 * 230 * 600 // 3600)
    assert one(RatingExceeded, events).measured_ma == 60_000


def test_a_charging_outlet_that_exceeds_its_rating_gets_0_a_until_it_is_possible_again():
    kernel = pair()
    kernel.meter("busy", 45)
    kernel.after(20)
    events = kernel.meter("busy", 45)
    assert of_type(events, RatingExceeded)
    assert one(LimitDesired, events).limit_ma == 0
    kernel.answer("busy")
    kernel.after(6)
    assert of_type(kernel.meter("busy", 0), RatingKept) == []
    kernel.after(6)
    assert one(RatingKept, kernel.meter("busy", 0)).charger_id == "busy"


def test_one_impossible_current_voids_no_compliance():
    kernel = pair()
    kernel.meter("busy", 900)
    kernel.after(30)
    assert of_type(kernel.meter("busy", 20), ObedienceVoided) == []
    assert kernel.charger("busy").verified


def test_refused_readings_are_recorded_and_alarmed_rarely():
    kernel = pair()
    events = []
    for _ in range(50):
        events += kernel.meter("idle", 1000) + kernel.after(5) + kernel.meter("idle", 0) + kernel.after(5)
    assert len(of_type(events, ReadingRefused)) == 1
    assert [alarm for alarm in alarms(events) if alarm[1] == "idle"] == [("impossible_current", "idle")]


def test_a_low_current_that_the_power_contradicts_confirms_nothing():
    kernel = pair()
    kernel.targets(busy=8)
    kernel.answer("busy")
    kernel.after(6)
    events = kernel.meter("busy", 0, power_w=4_600)
    assert of_type(events, LimitConfirmed) == []
    assert one(ReadingRefused, events).quantity == "current"
    assert kernel.counted("busy") == 20_000
    assert of_type(kernel.meter("busy", 8, power_w=1_840), LimitConfirmed)


@pytest.mark.parametrize(
    "of",
    [
        {"evse_id": 2, "transaction_id": None},
        {"evse_id": 2},
        {"evse_id": 0, "transaction_id": None},
        {"evse_id": 0},
        {"evse_id": 1, "transaction_id": "77"},
    ],
)
def test_a_reading_of_another_connector_or_transaction_confirms_nothing(of):
    kernel = pair()
    kernel.targets(busy=8)
    kernel.answer("busy")
    kernel.after(6)
    assert of_type(kernel.meter("busy", 0, **of), LimitConfirmed) == []
    assert kernel.counted("busy") == 20_000
    assert of_type(kernel.meter("busy", 8, transaction_id=None), LimitConfirmed)


def test_the_stations_own_meter_is_no_outlets_current():
    kernel = pair()
    assert kernel.meter("idle", 800, evse_id=0) == []
    assert kernel.counted("idle") == 0


def test_energy_that_the_outlet_can_not_have_delivered_is_recorded_and_alarmed_if_it_repeats():
    kernel = pair()
    kernel.after(60)
    kernel.meter("busy", 20, energy_wh=1_070)
    kernel.after(1)
    events = kernel.meter("busy", 20, energy_wh=10**9 + 1_070)
    refused = one(ReadingRefused, events)
    assert (refused.quantity, refused.value, refused.estimated) == ("energy", 10**9 + 1_070, False)
    assert alarms(events) == []
    kernel.after(30)
    assert alarms(kernel.meter("busy", 20, energy_wh=10**9 + 5_000_000)) == [("reading_refused", "busy")]
    kernel.after(30)
    assert alarms(kernel.meter("busy", 20, energy_wh=1_140), AlarmCleared) == [("reading_refused", "busy")]


@pytest.mark.parametrize(
    ("register", "stop", "energy_wh", "estimated"),
    [
        ((1_500, 2_000), 2_500, 1_500, False),
        ((), 2_500, 1_500, False),
        ((7_930_200, 7_930_700), 7_931_200, 1_003, True),
        ((500, 1_000), 1_500, 1_500, True),
        ((1_500, 2_000), 4_294_967_295, 1_000, True),
        ((1_500, 2_000), 0, 1_000, True),
    ],
)
def test_a_stop_has_the_energy_that_is_believed(register, stop, energy_wh, estimated):
    kernel = pair()
    for value in register:
        kernel.after(600)
        kernel.meter("busy", 20, energy_wh=value)
    kernel.after(600 * (3 - len(register)))
    stopped = one(TransactionStopped, kernel.stop("busy", meter_stop_wh=stop))
    assert (stopped.energy_wh, stopped.estimated) == (energy_wh, estimated)


def three_phases() -> Kernel:
    """A verified charger of three phases, under a limit of 16 A."""
    kernel = Kernel().site(limit_a=300, firm_a=12).ready("a", phases=(0, 1, 2))
    kernel.charge("a", 16)
    return kernel


def lowered(kernel: Kernel, amps: float) -> None:
    kernel.targets(a=amps)
    kernel.answer("a")
    kernel.after(6)


def test_power_alone_is_of_one_phase_until_a_phase_can_not_carry_it():
    kernel = three_phases()
    lowered(kernel, 8)
    assert of_type(kernel.meter("a", None, power_w=3_680), LimitConfirmed) == []
    assert kernel.counted("a") == 16_000
    assert of_type(kernel.meter("a", None, power_w=1_840), LimitConfirmed)


def test_power_that_two_phases_can_not_carry_proves_three_for_the_rest_of_the_transaction():
    kernel = three_phases()
    assert of_type(kernel.meter("a", None, power_w=11_040), ObedienceVoided) == []
    lowered(kernel, 8)
    assert of_type(kernel.meter("a", None, power_w=5_520), LimitConfirmed)
    kernel.stop("a")
    kernel.charge("a", 16)
    lowered(kernel, 8)
    assert of_type(kernel.meter("a", None, power_w=5_520), LimitConfirmed) == []


def test_a_three_phase_car_at_its_limit_is_not_called_disobedient_by_its_power():
    kernel = three_phases()
    for _ in range(4):
        assert of_type(kernel.meter("a", None, power_w=11_040), ObedienceVoided) == []
        kernel.after(30)
    assert kernel.counted("a") == 16_000


def test_a_permit_is_given_again_once_the_outlet_is_possible():
    kernel = pair()
    kernel.meter("idle", 40)
    kernel.after(5)
    kernel.meter("idle", 41)
    for _ in range(3):
        kernel.after(5)
        kernel.meter("idle", 0)
    assert of_type(kernel.request("idle"), TransactionPermitted)


class Registered:
    """A car at a charger that reports its energy register only."""

    def __init__(self, phases: tuple[int, ...] = (0,)) -> None:
        self.kernel = Kernel().site(limit_a=300, firm_a=12).ready("a", phases=phases)
        self.kernel.charge("a", 20)
        self.wh = 1_000.0
        self.shown = 1_000

    def charge(self, watts: int, seconds: int, every_s: int = 10, refresh_s: int = 1):
        """The events of a time with readings, of a register that is refreshed so often."""
        events = []
        for _ in range(seconds // every_s):
            events += self.kernel.after(every_s)
            self.wh += watts * every_s / 3600
            if self.kernel.now_ms // 1000 % refresh_s < every_s:
                self.shown = int(self.wh)
            events += self.kernel.meter("a", None, energy_wh=self.shown)
        return events


def test_the_growth_of_a_register_confirms_a_limit_once_it_is_exact():
    charger = Registered()
    charger.charge(20 * 230, 120)
    charger.kernel.targets(a=8)
    charger.kernel.answer("a")
    assert of_type(charger.charge(8 * 230, 200), LimitConfirmed)


def test_the_growth_of_a_register_shows_that_a_limit_is_not_kept():
    charger = Registered()
    charger.charge(20 * 230, 120)
    charger.kernel.targets(a=8)
    charger.kernel.answer("a")
    events = charger.charge(20 * 230, 200)
    assert of_type(events, LimitConfirmed) == []
    assert of_type(events, ObedienceVoided)


def test_a_register_that_is_refreshed_each_few_minutes_confirms_nothing_while_it_stands_still():
    charger = Registered()
    charger.kernel.targets(valid_s=36_000, a=20)
    assert of_type(charger.charge(20 * 230, 1_800, refresh_s=240), ReadingRefused, ObedienceVoided) == []
    charger.kernel.targets(valid_s=36_000, a=8)
    charger.kernel.answer("a")
    assert of_type(charger.charge(20 * 230, 230, refresh_s=240), LimitConfirmed) == []
    assert charger.kernel.counted("a") == 20_000


def test_what_a_register_gained_before_a_limit_does_not_count_for_it():
    charger = Registered()
    charger.charge(0, 300)
    charger.kernel.targets(a=8)
    charger.kernel.answer("a")
    charger.charge(20 * 230, 40)
    assert charger.kernel.counted("a") >= 20_000


def test_growth_on_three_phases_may_be_of_one():
    charger = Registered(phases=(0, 1, 2))
    charger.charge(3_680, 120)
    charger.kernel.targets(a=8)
    charger.kernel.answer("a")
    assert of_type(charger.charge(3_680, 300), LimitConfirmed) == []


def test_an_energy_register_of_whole_kwh_alone_is_alarmed():
    kernel = Kernel().site(limit_a=64).ready("a")
    kernel.charge("a", 20)
    kernel.after(900)
    assert ("no_power", "a") in alarms(kernel.meter("a", None, energy_wh=2_000))
    assert ("no_power", "a") in alarms(kernel.meter("a", 20), AlarmCleared)


LIES = st.one_of(
    st.fixed_dictionaries({"current_a": st.integers(41, 100_000)}),
    st.fixed_dictionaries({"current_a": st.integers(0, 32), "evse_id": st.sampled_from((0, 2, 3))}),
    st.fixed_dictionaries({"current_a": st.integers(0, 32), "transaction_id": st.sampled_from(("1", "9"))}),
    st.fixed_dictionaries({"current_a": st.integers(0, 8), "power_w": st.integers(3_000, 9_000)}),
    st.fixed_dictionaries({"current_a": st.none(), "power_w": st.integers(10_000, 10**9)}),
)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(LIES, min_size=1, max_size=6), st.sampled_from((6, 8, 13)), st.integers(0, 20))
def test_no_lie_lowers_what_is_counted_or_confirms_a_limit(lies, limit_a, wait_s):
    kernel = pair()
    kernel.targets(busy=limit_a)
    kernel.answer("busy")
    kernel.after(6)
    for lie in lies:
        before = {one: kernel.counted(one) for one in ("busy", "idle")}
        events = kernel.meter("busy", **lie)
        assert of_type(events, LimitConfirmed, ObedienceVoided) == []
        assert kernel.counted("busy") >= max(20_000, min(before["busy"], 32_000))
        assert kernel.counted("idle") == before["idle"]
        kernel.after(wait_s)


def test_what_was_alarmed_of_a_transactions_readings_ends_with_it():
    kernel = pair()
    for value in (10**9, 2 * 10**9):
        kernel.meter("busy", 20, energy_wh=1_010)
        kernel.after(1)
        kernel.meter("busy", 20, energy_wh=value)
        kernel.after(1)
        kernel.meter("busy", 20, energy_wh=value + 10**8)
    assert ("reading_refused", "busy") in kernel.ledger.alarms
    assert ("reading_refused", "busy") in alarms(kernel.stop("busy"), AlarmCleared)


def test_a_power_that_is_refused_is_recorded_in_watts():
    kernel = Kernel().site(limit_a=100, firm_a=12).ready("a", max_a=16)
    kernel.charge("a", 10)
    [refused] = of_type(kernel.meter("a", None, power_w=300_000), ReadingRefused)
    assert (refused.quantity, refused.value) == ("power", 300_000)


@pytest.mark.parametrize(("stop_wh", "energy_wh", "estimated"), [(1_000, 2_300, True), (3_350, 2_350, False)])
def test_a_charger_without_a_register_has_the_energy_of_its_power(stop_wh, energy_wh, estimated):
    kernel = pair()
    for _ in range(60):
        kernel.after(30)
        kernel.meter("busy", None, power_w=4_600)
    stopped = one(TransactionStopped, kernel.stop("busy", meter_stop_wh=stop_wh))
    assert (abs(stopped.energy_wh - energy_wh) <= 10, stopped.estimated) == (True, estimated)


def test_a_refused_power_is_no_energy():
    kernel = pair()
    for power_w in (4_600, 4_600_000, 4_600):
        kernel.after(30)
        kernel.meter("busy", None, power_w=power_w)
    assert one(TransactionStopped, kernel.stop("busy", meter_stop_wh=1_000)).energy_wh < 150
