"""The processor `load`: routing, facts that are told on, timers, rejections."""

from __future__ import annotations

import pytest

from domain.errors import DomainError
from domain.records import input_record, load
from domain.records.load import RequestCommand
from domain.records.observations import Booted, CommandAnswer, Connected, Disconnected, Status
from domain.records.time import InputRejected
from domain.records.vehicles import CancelSession
from processors.engine.stream import fresh
from processors.load import handlers
from tests.stories.kernel import LOAD, STREAM, Kernel


def command(kernel: Kernel, **changed: object) -> RequestCommand:
    said = {"command_id": "c1", "charger_id": "a", "action": "unlock", "arguments": {"connector_id": "1"}}
    return RequestCommand(**{**said, "expires_ms": kernel.now_ms + 1000, **changed})


def status(charger_id: str = "a", evse_id: int = 1, status: str = "preparing") -> Status:
    return Status(charger_id=charger_id, evse_id=evse_id, status=status, error_code="no_error", charger_time_ms=None)


def test_an_input_for_somebody_else_is_refused():
    state = fresh(LOAD, STREAM)
    given = input_record("i", "/t", STREAM, 1, CancelSession(session_id="s"), actor="t")
    with pytest.raises(DomainError) as refused:
        LOAD.decide(state.state, state.observations, given)
    assert refused.value.field == "type"


def test_nothing_is_decided_before_the_site_is_registered():
    kernel = Kernel()
    (event,) = kernel.when(status())
    assert isinstance(event, InputRejected)
    assert event.field == "site_id"


def test_an_unknown_charger_is_refused_by_every_input_that_names_one():
    kernel = Kernel().site()
    answer = CommandAnswer(charger_id="x", command_id="c", status="accepted", detail="")
    inputs = [
        status("x"),
        Connected(charger_id="x", connection_id="1", subprotocol="ocpp1.6"),
        Disconnected(charger_id="x", connection_id="1", reason=""),
        Booted(charger_id="x", vendor="v", model="m", firmware="f"),
        answer,
        command(kernel, charger_id="x"),
    ]
    for data in inputs:
        (event,) = kernel.when(data)
        assert isinstance(event, InputRejected)
        assert event.field == "charger_id"


def test_every_command_and_observation_of_load_has_a_handler():
    commands = {load.SetGridLimit, load.CommissionCharger, load.RequestCommand}
    assert commands <= handlers.routes.keys()
