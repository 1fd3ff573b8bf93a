"""What a processor is: four pure functions over the state of one stream, and for some the state desired of chargers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic

from domain.decision import Observations, State
from domain.load_control.desired import Desired
from domain.records import Payload, Record


class Processor(ABC, Generic[State, Observations]):
    """Decisions of one kind of stream. No clock, no randomness, no I/O.

    `State` (what must never be forgotten, from the stream's own events) and `Observations` (what may be observed again)
    are frozen dataclasses that pydantic can read back from JSON. An input's `time` is the latest its stream has seen.
    """

    name: str
    state_type: type[State]
    observations_type: type[Observations]

    @abstractmethod
    def initial_state(self, key: str) -> tuple[State, Observations]:
        """The state of a stream that has seen nothing; `key` is the stream without the processor's name."""

    @abstractmethod
    def observe(self, state: State, observations: Observations, given: Record) -> Observations:
        """The observations after this input."""

    @abstractmethod
    def decide(self, state: State, observations: Observations, given: Record) -> Sequence[Payload]:
        """The events (and timers) that follow. Raises `DomainError` to reject the input."""

    @abstractmethod
    def evolve(self, state: State, event: Payload, time_ms: int) -> State:
        """The state after one of the stream's own events."""

    def desired(self, state: State, event: Payload) -> Sequence[Desired]:
        """The rows of `chargers.desired` that an event changes, by the state after the step. Most change none."""
        return ()
