"""The decision context: an input of a stream, its state and the events decided so far, for every processor's rules.

A package of rules has one subclass, which names its state and defines how an event changes it:

    class SiteContext(DecisionContext[Site, SiteObservations]):
        def evolve(self, state: Site, event: Payload, time_ms: int) -> Site:
            return evolve(state, event, time_ms)

A rule is a function of the context and, where it answers an input, of that input's payload. It adds events and returns
nothing, or raises `DomainError`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from domain.records import Payload, Record
from domain.records.time import TimerSet

State = TypeVar("State")
Observations = TypeVar("Observations")


class DecisionContext(ABC, Generic[State, Observations]):
    """The input, what is known, and the events so far. Each rule sees the state as the rules before it left it.

    `state` follows from the stream's own events, `observations` from what was observed and may be observed again;
    `now_ms` is the time of the input (ms UTC).
    """

    def __init__(self, state: State, observations: Observations, given: Record) -> None:
        self.state = state
        self.observations = observations
        self.given = given
        self.now_ms = given.time
        self.events: list[Payload] = []

    @abstractmethod
    def evolve(self, state: State, event: Payload, time_ms: int) -> State:
        """The state after one of the stream's own events."""

    def add(self, event: Payload) -> None:
        """Decide an event; the state is the one after it from here on."""
        self.events.append(event)
        self.state = self.evolve(self.state, event, self.now_ms)

    def set_timer(self, name: str, due_ms: int) -> None:
        """Request a `TimerDue` at `due_ms` (ms UTC); it replaces a pending timer of this name."""
        self.events.append(TimerSet(name=name, due_ms=due_ms))
