"""Sockets, boots, statuses and answers of chargers."""

from __future__ import annotations

from domain.records.load import (
    ChargerBooted,
    ChargerConnected,
    ChargerDisconnected,
    ChargerStatusChanged,
    CommandAnswered,
)
from domain.records.observations import Booted, CommandAnswer, Configuration, Status
from domain.records.time import InputRejected
from tests.stories.kernel import Kernel
from tests.stories.story import of_type


def status(charger_id: str = "a", evse_id: int = 1, status: str = "preparing") -> Status:
    return Status(charger_id=charger_id, evse_id=evse_id, status=status, error_code="no_error", charger_time_ms=None)


def test_connections_boots_statuses_and_answers_are_published():
    kernel = Kernel().site()
    kernel.add("a")
    assert of_type(kernel.connect("a", "c1"), ChargerConnected)
    assert of_type(kernel.when(Booted(charger_id="a", vendor="v", model="m", firmware="f")), ChargerBooted)
    assert of_type(kernel.when(status()), ChargerStatusChanged)
    assert kernel.when(status()) == []
    assert of_type(kernel.when(status(status="charging")), ChargerStatusChanged)
    assert isinstance(kernel.when(status(evse_id=65))[0], InputRejected)
    answer = CommandAnswer(charger_id="a", command_id="c1", status="accepted", detail="")
    assert of_type(kernel.when(answer), CommandAnswered)
    assert of_type(kernel.disconnect("a"), ChargerDisconnected)
    assert kernel.when(Configuration(charger_id="a", items=(("k", "v"),))) == []
