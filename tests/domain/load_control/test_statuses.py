"""A status that may be out of date is requested again: no state depends on one message."""

from __future__ import annotations

from domain.load_control.parameters import STATUS_MS
from domain.records import load
from domain.records.observations import Status
from tests.stories.kernel import Kernel
from tests.stories.story import of_type

LONG_S = STATUS_MS / 1000 + 30


def status(kernel: Kernel, status: str) -> list:
    return kernel.when(Status(charger_id="a", evse_id=1, status=status, error_code="no_error", charger_time_ms=None))


def requested(events: list) -> list[dict[str, str]]:
    commands = of_type(events, load.CommandRequested)
    return [one.arguments for one in commands if one.arguments["requested_message"] == load.STATUS_NOTIFICATION]


def test_a_connector_that_serves_nobody_is_asked_for_its_status_again_and_again():
    kernel = Kernel().site().ready("a")
    status(kernel, "finishing")
    assert requested(kernel.after(LONG_S)) == [{"requested_message": "StatusNotification", "connector_id": "1"}]
    assert requested(kernel.after(LONG_S))
    status(kernel, "available")
    assert not requested(kernel.after(2 * LONG_S))


def test_a_charger_that_is_offline_is_not_asked():
    kernel = Kernel().site().ready("a")
    status(kernel, "faulted")
    kernel.disconnect("a")
    assert not requested(kernel.after(2 * LONG_S))


def test_a_transaction_whose_stop_and_status_were_lost_ends_by_the_status_that_is_requested():
    kernel = Kernel().site().ready("a")
    kernel.charge("a", 16)
    status(kernel, "charging")
    kernel.meter("a", 0, transaction_id=None)
    assert requested(kernel.after(LONG_S))
    status(kernel, "available")
    [stopped] = of_type(kernel.after(61), load.TransactionStopped)
    assert stopped.reason == "stop_lost"


def test_a_transaction_that_is_metered_by_its_name_is_left_alone():
    kernel = Kernel().site().ready("a")
    kernel.charge("a", 16)
    status(kernel, "suspended_ev")
    kernel.meter("a", 0)
    assert not requested(kernel.after(LONG_S))
