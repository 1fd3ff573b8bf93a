"""A transaction whose stop was lost ends by evidence, and its energy is corrected once when the stop comes."""

from __future__ import annotations

import pytest

from domain.load_control.lost_stops import CONTRADICTORY, LOST, UNCERTAIN
from domain.records import load
from domain.records.observations import Authorize, Booted, Status
from tests.stories.kernel import Kernel
from tests.stories.story import of_type


def charging(amps: float = 16) -> Kernel:
    kernel = Kernel().site(limit_a=100, firm_a=12).ready("a", "b")
    kernel.charge("a", amps)
    kernel.answer("a")
    status(kernel, "charging")
    kernel.after(30)
    kernel.meter("a", amps, energy_wh=1_000)
    kernel.after(30)
    kernel.meter("a", amps, energy_wh=1_030)
    return kernel


def status(kernel: Kernel, status: str, evse_id: int = 1) -> list:
    return kernel.when(
        Status(charger_id="a", evse_id=evse_id, status=status, error_code="no_error", charger_time_ms=None)
    )


def boot(kernel: Kernel) -> list:
    return kernel.when(Booted(charger_id="a", vendor="v", model="m", firmware="1"))


def transactions(kernel: Kernel) -> tuple:
    return kernel.charger("a").transactions


def test_an_available_connector_ends_the_transaction_with_the_energy_of_its_last_reading():
    kernel = charging()
    [running] = transactions(kernel)
    boot(kernel)
    status(kernel, "available", 0)
    status(kernel, "available")
    assert transactions(kernel) == (running,)
    [stopped] = of_type(kernel.after(61), load.TransactionStopped)
    assert (stopped.reason, stopped.energy_wh, stopped.estimated) == ("stop_lost", 30, True)
    assert transactions(kernel) == ()
    assert (LOST, "a") in kernel.ledger.alarms
    assert kernel.counted("a") == 0


def test_a_stop_within_the_grace_is_an_ordinary_one():
    kernel = charging()
    status(kernel, "available")
    kernel.after(20)
    [stopped, *_] = of_type(kernel.stop("a", meter_stop_wh=1_050), load.TransactionStopped)
    assert (stopped.reason, stopped.energy_wh) == ("local", 50)
    assert not of_type(kernel.after(120), load.TransactionStopped)
    assert (LOST, "a") not in kernel.ledger.alarms


def test_a_status_that_fits_again_takes_the_doubt_away():
    kernel = charging()
    status(kernel, "available")
    kernel.after(20)
    status(kernel, "suspended_ev")
    kernel.after(300)
    assert len(transactions(kernel)) == 1


def test_an_available_connector_that_draws_current_is_a_contradiction_and_no_end():
    kernel = charging()
    status(kernel, "available")
    kernel.after(20)
    kernel.meter("a", 15)
    kernel.after(60)
    assert len(transactions(kernel)) == 1
    assert (CONTRADICTORY, "a") in kernel.ledger.alarms


def test_nothing_ends_by_evidence_while_its_charger_is_offline_and_under_its_limit():
    kernel = charging()
    counted_ma = kernel.counted("a")
    status(kernel, "available")
    kernel.disconnect("a")
    kernel.after(300)
    assert len(transactions(kernel)) == 1
    assert kernel.counted("a") >= counted_ma
    kernel.connect("a")
    kernel.after(30)
    assert len(transactions(kernel)) == 1
    assert of_type(kernel.after(40), load.TransactionStopped)


def test_current_in_a_transaction_that_ended_by_wrong_evidence_counts():
    kernel = charging()
    [running] = transactions(kernel)
    status(kernel, "available")
    kernel.after(61)
    assert transactions(kernel) == ()
    kernel.meter("a", 16, transaction_id=running.id)
    assert kernel.counted("a") >= 16_000


def test_the_connector_of_another_outlet_or_the_whole_charger_ends_nothing():
    kernel = charging()
    status(kernel, "available", 0)
    status(kernel, "available", 2)
    kernel.after(120)
    assert len(transactions(kernel)) == 1


def test_preparing_ends_a_transaction_only_after_a_boot():
    kernel = charging()
    status(kernel, "preparing")
    kernel.after(120)
    assert len(transactions(kernel)) == 1
    boot(kernel)
    status(kernel, "preparing")
    [stopped] = of_type(kernel.after(61), load.TransactionStopped)
    assert stopped.reason == "restarted"


@pytest.mark.parametrize("after", ["preparing", "finishing"])
def test_another_car_or_a_status_out_of_order_does_not_bring_a_transaction_back(after: str):
    kernel = charging()
    status(kernel, "available")
    kernel.after(20)
    status(kernel, after)
    [stopped] = of_type(kernel.after(41), load.TransactionStopped)
    assert stopped.reason == "stop_lost"


def test_after_preparing_it_counts_what_it_may_draw_until_a_reading_of_0_a():
    kernel = charging()
    held_ma = max(kernel.charger("a").possible_ma(kernel.now_ms), kernel.charger("a").failsafe_ma(kernel.now_ms))
    boot(kernel)
    status(kernel, "preparing")
    asked = of_type(kernel.after(61), load.CommandRequested)
    assert any(command.action == "trigger" for command in asked)
    assert kernel.counted("a") >= held_ma > 0
    kernel.after(200)
    assert (UNCERTAIN, "a") in kernel.ledger.alarms
    kernel.meter("a", 0)
    assert kernel.counted("a") == 0
    kernel.after(60)
    assert (UNCERTAIN, "a") not in kernel.ledger.alarms


def test_after_preparing_a_connector_that_becomes_available_counts_nothing():
    kernel = charging()
    boot(kernel)
    status(kernel, "preparing")
    kernel.after(61)
    status(kernel, "available")
    assert kernel.counted("a") == 0


@pytest.mark.parametrize("evidence", ["status", "another start"])
def test_a_stop_that_comes_late_corrects_the_energy_once(evidence: str):
    kernel = charging()
    [running] = transactions(kernel)
    if evidence == "status":
        status(kernel, "available")
        kernel.after(61)
    else:
        kernel.start("a", "another", meter_start_wh=1_060)
    corrected = of_type(kernel.stop("a", running.id, meter_stop_wh=1_055), load.TransactionStopCorrected)
    assert [(one.transaction_id, one.energy_wh) for one in corrected] == [(running.id, 55)]
    again = kernel.stop("a", running.id, meter_stop_wh=9_000)
    assert [type(event) for event in again] == [load.TransactionStopRepeated]


def test_the_outlet_can_be_used_again():
    kernel = charging()
    status(kernel, "available")
    kernel.after(61)
    kernel.request("a")
    [started] = of_type(kernel.start("a", "next"), load.TransactionStarted)
    assert started.permitted
    assert (LOST, "a") not in kernel.ledger.alarms


def test_a_later_available_outweighs_a_meter_value_that_came_late():
    """Available, then a delayed value of the transaction, then silence: the next Available is newer than that."""
    kernel = charging()
    status(kernel, "available")
    kernel.after(1)
    kernel.meter("a", 16)
    kernel.after(70)
    assert (CONTRADICTORY, "a") in kernel.ledger.alarms
    status(kernel, "unavailable")
    status(kernel, "available")
    assert of_type(kernel.after(61), load.TransactionStopped)
    assert transactions(kernel) == ()


def test_the_same_available_again_after_a_meter_value_is_new_evidence():
    kernel = charging()
    status(kernel, "available")
    kernel.after(1)
    kernel.meter("a", 16)
    kernel.after(70)
    status(kernel, "available")
    assert of_type(kernel.after(61), load.TransactionStopped)


def card(kernel: Kernel, vehicle_id: str | None = "other", token_ref: str = "other-card") -> list:
    return kernel.when(Authorize(charger_id="a", token_ref=token_ref, vehicle_id=vehicle_id))


@pytest.mark.parametrize("order", ["status first", "card first"])
def test_a_card_of_another_car_at_preparing_shows_that_the_one_before_it_has_left(order: str):
    kernel = charging()
    for step in [status, card] if order == "status first" else [card, status]:
        step(kernel, "preparing") if step is status else step(kernel)
    kernel.meter("a", 0, transaction_id=None)
    assert len(transactions(kernel)) == 1
    [stopped] = of_type(kernel.after(61), load.TransactionStopped)
    assert (stopped.reason, stopped.energy_wh, stopped.estimated) == ("stop_lost", 30, True)


def test_a_card_of_another_car_asks_for_the_connectors_status_at_once():
    kernel = charging()
    asked = [one for one in of_type(card(kernel), load.CommandRequested) if one.action == "trigger"]
    assert [one.arguments["requested_message"] for one in asked] == [load.STATUS_NOTIFICATION]
    assert not of_type(card(kernel), load.CommandRequested), "it is asked for already"


@pytest.mark.parametrize("shown", ["status", "meter"])
def test_a_card_of_another_car_ends_no_transaction_that_goes_on(shown: str):
    kernel = charging()
    card(kernel)
    status(kernel, "preparing")
    kernel.after(20)
    status(kernel, "suspended_evse") if shown == "status" else kernel.meter("a", 0)
    kernel.after(300)
    assert len(transactions(kernel)) == 1


def test_without_preparing_a_card_of_another_car_ends_nothing():
    kernel = charging()
    card(kernel)
    status(kernel, "suspended_ev")
    kernel.meter("a", 0, transaction_id=None)
    kernel.after(300)
    assert len(transactions(kernel)) == 1


@pytest.mark.parametrize(("vehicle_id", "token_ref"), [("v", "second-card"), (None, "t")])
def test_another_card_of_the_same_car_is_no_other_car(vehicle_id: str | None, token_ref: str):
    kernel = charging()
    status(kernel, "preparing")
    card(kernel, vehicle_id, token_ref)
    kernel.meter("a", 0, transaction_id=None)
    kernel.after(300)
    assert len(transactions(kernel)) == 1


def test_after_a_boot_a_card_of_another_car_leaves_the_transaction_to_the_car_that_is_plugged_in():
    kernel = charging()
    boot(kernel)
    status(kernel, "preparing")
    card(kernel)
    [stopped] = of_type(kernel.after(61), load.TransactionStopped)
    assert stopped.reason == "restarted"


def stray() -> Kernel:
    """A charger with one connector has begun a transaction on another one, which was never registered."""
    kernel = Kernel().site(limit_a=100, firm_a=12).ready("a", "b")
    kernel.start("a", "ghost", evse_id=2)
    [running] = transactions(kernel)
    assert running.evse_id == 2
    return kernel


def test_a_transaction_on_an_unknown_connector_ends_by_that_connectors_available():
    kernel = stray()
    status(kernel, "charging", 2)
    status(kernel, "available", 1)
    kernel.after(120)
    assert len(transactions(kernel)) == 1
    status(kernel, "available", 2)
    [stopped] = of_type(kernel.after(61), load.TransactionStopped)
    assert (stopped.reason, stopped.estimated) == ("stop_lost", True)
    assert kernel.counted("a") == 0
    assert (LOST, "a") in kernel.ledger.alarms


def test_a_transaction_on_an_unknown_connector_ends_by_a_boot_after_which_nothing_names_it():
    kernel = stray()
    kernel.after(120)
    boot(kernel)
    status(kernel, "available", 0)
    assert of_type(kernel.after(61), load.TransactionStopped)
    assert transactions(kernel) == ()


@pytest.mark.parametrize("shown", ["meter", "status"])
def test_a_transaction_on_an_unknown_connector_that_goes_on_after_a_boot_is_not_ended(shown: str):
    kernel = stray()
    boot(kernel)
    kernel.after(20)
    if shown == "meter":
        kernel.meter("a", 0, evse_id=2)
    else:
        status(kernel, "suspended_evse", 2)
    kernel.after(300)
    assert len(transactions(kernel)) == 1


def test_the_end_of_a_transaction_on_an_unknown_connector_leaves_the_real_one_alone():
    kernel = charging()
    [real] = transactions(kernel)
    kernel.start("a", "ghost", evse_id=2)
    status(kernel, "available", 2)
    kernel.after(61)
    assert transactions(kernel) == (real,)


UNREADABLE = ("transaction_id", "meter_stop_wh", "charger_time_ms")


def test_a_stop_of_which_nothing_can_be_read_ends_no_transaction_that_goes_on():
    """It may be of one before, whose start was lost: the car that charges now would count as gone."""
    kernel = charging()
    [running] = transactions(kernel)
    events = kernel.stop("a", "", unreadable=UNREADABLE)
    assert of_type(events, load.TransactionQuarantined)
    assert [event.arguments["requested_message"] for event in of_type(events, load.CommandRequested)] == [
        "StatusNotification"
    ]
    counted = kernel.counted("a")
    for _ in range(10):
        kernel.after(30)
        kernel.meter("a", 16)
    assert transactions(kernel) == (running,)
    assert kernel.counted("a") == counted


@pytest.mark.parametrize("first", ["stop", "status"])
@pytest.mark.parametrize("word", ["finishing", "preparing"])
def test_a_stop_of_which_nothing_can_be_read_ends_one_that_its_connector_does_not_go_on_with(first: str, word: str):
    kernel = charging()
    said = [lambda: kernel.stop("a", "", unreadable=UNREADABLE), lambda: status(kernel, word)]
    for report in said if first == "stop" else reversed(said):
        report()
    kernel.meter("a", 0)
    assert len(transactions(kernel)) == 1
    [stopped] = of_type(kernel.after(61), load.TransactionStopped)
    assert (stopped.reason, stopped.energy_wh, stopped.estimated) == ("stop_lost", 30, True)


def test_a_status_that_goes_on_after_a_stop_of_no_name_takes_the_doubt_away():
    kernel = charging()
    status(kernel, "finishing")
    kernel.stop("a", "", unreadable=UNREADABLE)
    status(kernel, "charging")
    status(kernel, "finishing")
    kernel.after(300)
    assert len(transactions(kernel)) == 1


def test_a_stop_without_a_name_and_a_time_that_continues_the_register_is_of_the_only_transaction():
    kernel = charging()
    [running] = transactions(kernel)
    [stopped, *_] = kernel.stop("a", "", meter_stop_wh=1_040, unreadable=("transaction_id", "charger_time_ms"))
    assert isinstance(stopped, load.TransactionStopped)
    assert (stopped.transaction_id, stopped.energy_wh) == (running.id, 40)
