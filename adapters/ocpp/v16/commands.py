"""One-shot commands: the call of each action (one table), and the observations of its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ocpp.v16 import call
from ocpp.v16.enums import MessageTrigger, ResetType

from adapters.ocpp.dialect import BadArgument
from adapters.ocpp.jobs import Answer, Job, command_answer
from adapters.ocpp.v16.configure import configuration_of
from adapters.ocpp.v16.payloads import job_of
from domain.records import Payload
from domain.records.load import CommandRequested
from domain.records.observations import Configuration


@dataclass(frozen=True, slots=True)
class Action:
    """The class of a call, and how its fields are read from the arguments of the same names."""

    request: Callable[..., Any]
    needed: Mapping[str, Callable[[str], Any]]
    optional: Mapping[str, Callable[[str], Any]]


def _keys(text: str) -> list[str]:
    return [key.strip() for key in text.split(",")]


ACTIONS = {
    "trigger": Action(call.TriggerMessage, {"requested_message": MessageTrigger}, {"connector_id": int}),
    "remote_start": Action(call.RemoteStartTransaction, {"id_tag": str}, {"connector_id": int}),
    "remote_stop": Action(call.RemoteStopTransaction, {"transaction_id": int}, {}),
    "unlock": Action(call.UnlockConnector, {"connector_id": int}, {}),
    "reset": Action(call.Reset, {"type": ResetType}, {}),
    "get_configuration": Action(call.GetConfiguration, {}, {"key": _keys}),
    "change_configuration": Action(call.ChangeConfiguration, {"key": str, "value": str}, {}),
}


def job(command: CommandRequested, traceparent: str | None = None) -> Job:
    """The call of a command. Raises `BadArgument`."""
    action = ACTIONS[command.action]
    for name in sorted(command.arguments.keys() - action.needed.keys() - action.optional.keys()):
        raise BadArgument(f"{name}: not an argument of {command.action}")
    read = {**action.needed, **action.optional}
    for name in sorted(action.needed.keys() - command.arguments.keys()):
        raise BadArgument(f"{name}: is missing")
    request = action.request(**{name: _read(name, read[name], text) for name, text in command.arguments.items()})

    def answered(answer: Answer, _: int) -> Sequence[Payload]:
        items = tuple(sorted(configuration_of(answer).items()))
        reported = [Configuration(charger_id=command.charger_id, items=items)] if items else []
        return [command_answer(command, answer.status, answer.detail), *reported]

    return job_of(request, answered, traceparent)


def _read(name: str, reader: Callable[[str], Any], text: str) -> Any:
    try:
        return reader(text)
    except ValueError:
        raise BadArgument(f"{name}: {text[:50]!r} is not possible") from None
