"""Who is believed, and from when."""

from __future__ import annotations

from domain.records.load import (
    AlarmRaised,
    ClockLearnt,
    LimitConfirmed,
    LimitDesired,
    ObedienceProven,
    ObedienceVoided,
    TransactionPermitted,
    TransactionStarted,
)
from domain.records.observations import Booted
from domain.records.time import InputRejected
from tests.stories.kernel import Kernel
from tests.stories.story import of_type


def unproven(limit_a: float = 100) -> Kernel:
    """One that charges and has proven nothing yet."""
    kernel = Kernel().site(limit_a=limit_a)
    kernel.add("a")
    kernel.connect("a")
    kernel.answer("a", "failsafe")
    kernel.charge("a", 32)
    return kernel


def test_an_unproven_charger_counts_at_its_physical_maximum():
    kernel = unproven()
    kernel.targets(a=6)
    kernel.answer("a")
    kernel.after(6)
    kernel.meter("a", 0)
    assert kernel.counted("a") == 32_000


def test_it_gets_a_transaction_only_when_that_fits():
    kernel = Kernel().site(limit_a=31)
    kernel.add("a")
    kernel.connect("a")
    kernel.answer("a", "failsafe")
    assert of_type(kernel.request("a"), TransactionPermitted) == []
    kernel = Kernel().site(limit_a=32)
    kernel.add("a")
    kernel.connect("a")
    assert of_type(kernel.request("a"), TransactionPermitted)[0].start_ma == 32_000


def test_one_that_draws_enough_is_lowered_to_see_whether_it_follows():
    kernel = unproven()
    (probe,) = of_type(kernel.events, LimitDesired)[-1:]
    assert probe.rule == "load_control.probe.v1"
    assert probe.limit_ma == 24_000
    kernel.answer("a")
    kernel.after(6)
    proven, confirmed = of_type(kernel.meter("a", 24), ObedienceProven, LimitConfirmed)
    assert proven == ObedienceProven(charger_id="a", before_ma=32_000, limit_ma=24_000, measured_ma=24_000)
    assert confirmed.limit_ma == 24_000
    assert kernel.charger("a").lease.limit_ma == 32_000


def test_a_car_that_draws_little_is_not_probed():
    kernel = Kernel().site()
    kernel.add("a")
    kernel.connect("a")
    kernel.answer("a", "failsafe")
    kernel.request("a")
    kernel.start("a")
    kernel.targets(a=32)
    kernel.answer("a")
    kernel.after(10)
    assert of_type(kernel.meter("a", 6.9), LimitDesired) == []
    assert of_type(kernel.meter("a", 7), LimitDesired)[0].limit_ma == 6_000


def test_a_car_that_stopped_by_itself_proves_nothing():
    kernel = unproven()
    kernel.answer("a")
    kernel.after(6)
    assert of_type(kernel.meter("a", 3), ObedienceProven) == []


def test_a_reading_from_before_the_car_settled_proves_nothing():
    kernel = unproven()
    kernel.answer("a")
    kernel.after(4.9)
    assert of_type(kernel.meter("a", 24), ObedienceProven) == []


def test_a_queued_reading_proves_nothing():
    kernel = unproven()
    kernel.answer("a")
    kernel.after(6)
    assert kernel.meter("a", 24, fresh=False) == []


def test_without_current_or_power_nothing_is_known():
    kernel = unproven()
    kernel.answer("a")
    kernel.after(6)
    assert [event for event in kernel.meter("a", None) if not isinstance(event, ClockLearnt)] == []
    assert of_type(kernel.meter("a", None, power_w=24 * 230), ObedienceProven) != []


def test_an_unclear_probe_gives_way_to_the_targets_and_is_repeated_later():
    kernel = unproven()
    kernel.answer("a")
    kernel.after(6)
    kernel.meter("a", 3)
    assert [event.limit_ma for event in of_type(kernel.after(60), LimitDesired)] == [32_000]
    kernel.answer("a")
    assert of_type(kernel.meter("a", 32), LimitDesired) == []
    kernel.after(300)
    assert of_type(kernel.meter("a", 32), LimitDesired)[0].rule == "load_control.probe.v1"


def test_a_liar_is_found_out_and_gets_no_current():
    kernel = unproven()
    kernel.answer("a")
    kernel.after(6)
    assert of_type(kernel.meter("a", 32), ObedienceVoided) == []
    kernel.after(19)
    assert of_type(kernel.meter("a", 32), ObedienceVoided) == []
    kernel.after(1)
    events = kernel.meter("a", 32)
    assert of_type(events, ObedienceVoided)[0].measured_ma == 32_000
    assert [alarm.code for alarm in of_type(events, AlarmRaised)] == ["disobedient"]
    assert of_type(events, LimitDesired)[0].limit_ma == 0


def test_one_reading_above_is_not_yet_disobedience():
    kernel = Kernel().site().ready("a")
    kernel.charge("a", 20)
    kernel.after(30)
    kernel.meter("a", 25)
    kernel.after(30)
    kernel.meter("a", 20)
    kernel.after(30)
    assert of_type(kernel.meter("a", 25), ObedienceVoided) == []
    assert kernel.charger("a").verified


def test_a_proven_one_that_contradicts_counts_at_its_maximum_again():
    kernel = Kernel().site().ready("a")
    kernel.charge("a", 20)
    kernel.after(30)
    kernel.meter("a", 25)
    kernel.after(20)
    assert of_type(kernel.meter("a", 25), ObedienceVoided) != []
    assert kernel.counted("a") == 32_000


def test_other_firmware_has_proven_nothing():
    kernel = Kernel().site().ready("a")
    kernel.when(Booted(charger_id="a", vendor="v", model="m", firmware="1"))
    assert kernel.charger("a").verified
    kernel.when(Booted(charger_id="a", vendor="v", model="m", firmware="1"))
    assert kernel.charger("a").verified
    assert of_type(kernel.when(Booted(charger_id="a", vendor="v", model="m", firmware="2")), ObedienceVoided) != []
    assert not kernel.charger("a").verified


def test_commissioning_lets_it_prove_itself_on_a_small_load():
    kernel = Kernel().site(limit_a=12)
    kernel.add("a")
    kernel.connect("a")
    kernel.answer("a", "failsafe")
    kernel.commission("a", 10)
    assert of_type(kernel.request("a"), TransactionPermitted)[0].start_ma == 10_000
    assert of_type(kernel.start("a"), TransactionStarted)[0].commissioning
    assert kernel.counted("a") == 10_000
    assert kernel.charger("a").lease.limit_ma == 10_000
    kernel.answer("a")
    kernel.after(10)
    kernel.meter("a", 10)
    kernel.answer("a")
    kernel.after(6)
    assert of_type(kernel.meter("a", 7), ObedienceProven) != []
    kernel.stop("a")
    kernel.request("a")
    assert not of_type(kernel.start("a"), TransactionStarted)[0].commissioning


def test_an_attested_load_that_the_meter_contradicts_is_not_believed():
    kernel = Kernel().site()
    kernel.add("a")
    kernel.connect("a")
    kernel.commission("a", 10)
    kernel.request("a")
    kernel.start("a")
    kernel.meter("a", 12)
    assert kernel.counted("a") == 32_000


def test_the_attestation_ends():
    kernel = Kernel().site()
    kernel.add("a")
    kernel.connect("a")
    kernel.commission("a", 10, minutes=1)
    kernel.request("a")
    kernel.start("a")
    kernel.after(60)
    assert kernel.counted("a") == 32_000


def test_commissioning_that_could_prove_nothing_is_refused():
    kernel = Kernel().site()
    kernel.add("a")
    for test_load_a, minutes, field in ((6, 30, "test_load_ma"), (33, 30, "test_load_ma"), (10, 0, "expires_ms")):
        (event,) = kernel.commission("a", test_load_a, minutes)
        assert isinstance(event, InputRejected)
        assert event.field == field
