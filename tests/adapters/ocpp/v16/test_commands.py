"""One-shot commands: the call of each action, and the observations of its answer."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.messages import Call, validate_payload

from adapters.ocpp.dialect import BadArgument
from adapters.ocpp.jobs import OFFLINE, TIMEOUT, Answer
from adapters.ocpp.v16.commands import ACTIONS, job
from domain.records.load import CommandRequested
from domain.records.observations import CommandAnswer, Configuration
from tests.adapters.ocpp.world import NOW_MS


def command(action: Any, **arguments: str) -> CommandRequested:
    return CommandRequested(
        command_id="c1", charger_id="CP1", action=action, arguments=arguments, expires_ms=NOW_MS + 60_000
    )


CALLS: list[tuple[CommandRequested, str, dict[str, Any]]] = [
    (
        command("trigger", requested_message="StatusNotification", connector_id="1"),
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "connectorId": 1},
    ),
    (command("trigger", requested_message="Heartbeat"), "TriggerMessage", {"requestedMessage": "Heartbeat"}),
    (
        command("remote_start", id_tag="KNOWN", connector_id="1"),
        "RemoteStartTransaction",
        {"idTag": "KNOWN", "connectorId": 1},
    ),
    (command("remote_stop", transaction_id="77"), "RemoteStopTransaction", {"transactionId": 77}),
    (command("unlock", connector_id="1"), "UnlockConnector", {"connectorId": 1}),
    (command("reset", type="Soft"), "Reset", {"type": "Soft"}),
    (command("get_configuration"), "GetConfiguration", {}),
    (command("get_configuration", key="A, B"), "GetConfiguration", {"key": ["A", "B"]}),
    (
        command("change_configuration", key="HeartbeatInterval", value="60"),
        "ChangeConfiguration",
        {"key": "HeartbeatInterval", "value": "60"},
    ),
]


def test_every_action_is_shown_here() -> None:
    assert {wanted.action for wanted, _, _ in CALLS} == ACTIONS.keys()


@pytest.mark.parametrize(("wanted", "action", "payload"), CALLS)
async def test_a_command_is_a_valid_call(wanted: CommandRequested, action: str, payload: dict[str, Any]) -> None:
    made = job(wanted, "trace")
    assert (made.action, made.payload, made.traceparent) == (action, payload, "trace")
    await validate_payload(Call("m", made.action, made.payload), "1.6")


@pytest.mark.parametrize(
    "answer", [Answer("accepted", "Unlocked"), Answer("rejected", "UnlockFailed"), TIMEOUT, OFFLINE]
)
def test_its_answer_is_an_observation(answer: Answer) -> None:
    assert job(command("unlock", connector_id="1")).answered(answer, NOW_MS) == [
        CommandAnswer(charger_id="CP1", command_id="c1", status=answer.status, detail=answer.detail)
    ]


def test_a_configuration_is_observed_too_without_its_secrets() -> None:
    keys = [{"key": "AuthorizationKey", "readonly": False, "value": "hush"}, {"key": "A", "readonly": True}]
    answer = Answer("accepted", "", {"configurationKey": keys, "unknownKey": []})
    assert job(command("get_configuration")).answered(answer, NOW_MS) == [
        CommandAnswer(charger_id="CP1", command_id="c1", status="accepted", detail=""),
        Configuration(charger_id="CP1", items=(("A", ""), ("AuthorizationKey", "(hidden)"))),
    ]


@pytest.mark.parametrize(
    ("wanted", "detail"),
    [
        (command("reset"), "type: is missing"),
        (command("reset", type="Gentle"), "type: 'Gentle' is not possible"),
        (command("remote_stop", transaction_id="x"), "transaction_id: 'x' is not possible"),
        (command("unlock", connector_id="1", hard="yes"), "hard: not an argument of unlock"),
    ],
)
def test_an_argument_that_makes_no_sense_is_named_with_the_reason(wanted: CommandRequested, detail: str) -> None:
    with pytest.raises(BadArgument) as refused:
        job(wanted)
    assert str(refused.value) == detail
