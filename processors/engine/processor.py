"""What a processor is: three pure functions over the state of one stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from domain.load_control.desired import Desired
from domain.records import Payload, Record

Fold = TypeVar("Fold")
Working = TypeVar("Working")


class Processor(Protocol[Fold, Working]):
    """Decisions of one kind of stream. No clock, no randomness, no I/O.

    `Fold` (what must never be forgotten, from the stream's own events) and `Working` (what may be learnt again) are
    frozen dataclasses that pydantic can read back from JSON. An input's `time` is the latest its stream has seen.
    """

    name: str
    fold_type: type[Fold]
    working_type: type[Working]

    def start(self, key: str) -> tuple[Fold, Working]:
        """The state of a stream that has seen nothing; `key` is the stream without the processor's name."""

    def observe(self, fold: Fold, working: Working, given: Record) -> Working:
        """What this input teaches."""

    def decide(self, fold: Fold, working: Working, given: Record) -> Sequence[Payload]:
        """The events (and timers) that follow. Raises `DomainError` to reject the input."""

    def evolve(self, fold: Fold, event: Payload, time_ms: int) -> Fold:
        """The fold after one of the stream's own events."""

    def desired(self, fold: Fold, event: Payload) -> Sequence[Desired]:
        """What chargers shall be told because of an event, by the fold after the step: rows of `chargers.desired`."""
