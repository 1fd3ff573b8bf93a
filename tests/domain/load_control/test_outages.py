"""An outage is alarmed once, and flapping at most hourly."""

from __future__ import annotations

from domain.records.load import AlarmCleared, AlarmRaised
from domain.records.observations import Status
from tests.stories.kernel import Kernel
from tests.stories.story import of_type


def status(kernel: Kernel, status: str, evse_id: int = 1) -> list:
    return kernel.when(
        Status(
            charger_id="a",
            evse_id=evse_id,
            status=status,
            error_code="ground_failure" if status == "faulted" else "no_error",
            charger_time_ms=None,
        )
    )


def faults(events: list) -> list[str]:
    return [alarm.detail for alarm in of_type(events, AlarmRaised) if alarm.code == "faulted"]


def test_thirty_faults_in_thirty_seconds_are_one_alarm():
    kernel = Kernel().site().ready("a")
    for _ in range(30):
        status(kernel, "faulted")
        kernel.after(0.5)
        status(kernel, "available")
        kernel.after(0.5)
    assert faults(kernel.events) == ["it is out of order: ground failure"]


def test_after_an_hour_without_a_fault_the_next_one_is_another_outage():
    kernel = Kernel().site().ready("a")
    status(kernel, "faulted")
    kernel.after(7_200)
    assert not of_type(kernel.events, AlarmCleared)
    status(kernel, "available")
    kernel.after(3_590)
    assert ("faulted", "a") in kernel.ledger.alarms
    kernel.after(20)
    assert ("faulted", "a") not in kernel.ledger.alarms
    assert len(faults(status(kernel, "faulted"))) == 1


def test_flapping_for_hours_is_one_alarm():
    kernel = Kernel().site().ready("a")
    for _ in range(300):
        status(kernel, "faulted")
        kernel.after(20)
        status(kernel, "available")
        kernel.after(20)
    assert len(faults(kernel.events)) == 1


def test_a_fault_of_the_whole_charger_is_the_outlets():
    kernel = Kernel().site().ready("a")
    assert faults(status(kernel, "faulted", 0)) == ["it is out of order: ground failure"]


def test_a_fault_of_a_connector_that_was_never_registered_is_none_of_it():
    kernel = Kernel().site().ready("a")
    assert faults(status(kernel, "faulted", 2)) == []
