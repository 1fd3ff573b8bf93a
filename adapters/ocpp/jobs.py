"""Calls to a charger: what is asked, how the charger answered, and what is recorded of the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.records import Payload
from domain.records.load import CommandRequested
from domain.records.observations import AnswerStatus, CommandAnswer


@dataclass(frozen=True, slots=True)
class Answer:
    """How a charger answered, or that it did not; `detail` is in its own words."""

    status: AnswerStatus
    detail: str
    payload: dict[str, Any] = field(default_factory=dict)


TIMEOUT = Answer("timeout", "no answer in time")
DROPPED = Answer("timeout", "no answer, and sent before the boot was answered")
OFFLINE = Answer("offline", "the socket closed before an answer")


@dataclass(frozen=True, slots=True)
class Job:
    """A call. `answered`, given the answer and its time (ms), returns the observations to record.

    `traceparent`: what the call follows from, where that is traced.
    """

    action: str
    payload: dict[str, Any]
    answered: Callable[[Answer, int], Sequence[Payload]]
    traceparent: str | None = None
    timeout_ms: int | None = None
    """How long an answer is waited for, where that is shorter than usual."""


def command_answer(command: CommandRequested, status: AnswerStatus, detail: str) -> CommandAnswer:
    """The observation of how a one-shot command ended."""
    return CommandAnswer(charger_id=command.charger_id, command_id=command.command_id, status=status, detail=detail)
