"""A processor small enough to follow by eye, for the tests of the host and of replay."""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.errors import DomainError
from domain.records import Payload, Record, input_record
from domain.records.sites import ChargerReleased
from domain.records.time import TimerSet
from domain.records.vehicles import CancelRequested, CancelSession
from processors.engine.processor import Processor

WORTH = 1
"""The constant of its one rule: how much an event counts."""


@dataclass(frozen=True, slots=True)
class Count:
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Learnt:
    inputs: int = 0


class Counting(Processor[Count, Learnt]):
    """Counts requests; refuses `no`; breaks at `broken`; asks to be woken by `wake`."""

    name = "load"
    state_type = Count
    observations_type = Learnt

    def __init__(self) -> None:
        self.mended = False

    def initial_state(self, key):
        return Count(), Learnt()

    def observe(self, state, observations, given):
        return replace(observations, inputs=observations.inputs + 1)

    def decide(self, state, observations, given):
        match given.data:
            case CancelSession(session_id="no"):
                raise DomainError("not that one", field="session_id", rule="test.v1")
            case CancelSession(session_id="broken") if not self.mended:
                raise ZeroDivisionError
            case CancelSession(session_id="wake"):
                return [TimerSet(name="tick", due_ms=given.time + 10)]
            case CancelSession():
                return [CancelRequested(session_id=given.data.session_id, site_id=f"at {state.seen}")]
        return [ChargerReleased(charger_id="c")]

    def evolve(self, state, event: Payload, time_ms):
        return Count(state.seen + WORTH)


def command(session_id: str, record_id: str = "i1", time_ms: int = 1000, stream: str = "load:x") -> Record:
    return input_record(record_id, "/test", stream, time_ms, CancelSession(session_id=session_id), actor="a")
