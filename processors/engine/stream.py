"""A step: one input of one stream, as the host handles it on either log, and a replay handles it again.

A step drops repeats and stale timers, lets the processor observe, decide and evolve, and gives the events ids that
follow from their cause. It is pure: the same state and input give the same events, byte for byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Generic, NamedTuple

import msgspec
import orjson
from pydantic import TypeAdapter

from commands.log.codec import canonical, fields
from commands.shape import shape
from domain.decision import Observations, State
from domain.errors import DomainError
from domain.records import Payload, Record, derived_id
from domain.records.time import InputRejected, StreamParked, StreamUnparked, TimerDue, TimerSet
from processors.engine.processor import Processor
from processors.engine.recent import RecentInputs

REMEMBERED_COMMANDS_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class StreamState(Generic[State, Observations]):
    """Everything that a processor knows of one stream.

    `recent` are the ids of the last inputs, `commands` those of the last 24 h (id -> time, hash of the body), `timers`
    what the stream waits for (name -> due ms), `sequence` the number of its newest event.
    """

    state: State
    observations: Observations
    time_ms: int = 0
    recent: RecentInputs = field(default_factory=RecentInputs)
    commands: dict[str, tuple[int, str]] = field(default_factory=dict)
    timers: dict[str, int] = field(default_factory=dict)
    parked: bool = False
    sequence: int = 0


class Step(NamedTuple, Generic[State, Observations]):
    """The outcome of one input: the state after it, the events, and the timers set (or consumed: None)."""

    after: StreamState[State, Observations]
    events: tuple[Record, ...] = ()
    timers: tuple[tuple[str, Record | None], ...] = ()


def fresh(processor: Processor[State, Observations], stream: str) -> StreamState[State, Observations]:
    """The state of a stream that has seen nothing."""
    state, observations = processor.initial_state(stream.partition(":")[2])
    return StreamState(state, observations)


def step(
    processor: Processor[State, Observations], before: StreamState[State, Observations], given: Record, build: str
) -> Step[State, Observations]:
    """Handle one input. Raises any exception of the rules but `DomainError`: the caller then parks the stream."""
    if given.id in before.recent or _is_stale_timer(before, given):
        return Step(before)
    if isinstance(given.data, StreamUnparked):
        recent, commands = _remembered(before, given)
        return Step(replace(before, parked=False, recent=recent, commands=commands))
    timely = given if given.time >= before.time_ms else given._replace(time=before.time_ms)
    try:
        _refuse_other_body(before, given)
        if given.id in before.commands:
            return Step(before)
        observations = processor.observe(before.state, before.observations, timely)
        payloads = processor.decide(before.state, observations, timely)
    except DomainError as error:
        observations = before.observations
        payloads = [_rejection(given, error)]
    return _apply(processor, before, timely, build, observations, payloads)


def park(
    processor: str, before: StreamState[State, Observations], given: Record, error: Exception, build: str
) -> Step[State, Observations]:
    """The outcome of an input on which a rule failed: the stream stops, and an event reports it.

    The event has the type of the defect only: its text may contain anything.
    """
    payload = StreamParked(input_id=given.id, input_type=given.type, error=type(error).__name__)
    alarm = given._replace(
        id=derived_id(given.id, given.stream, "parked"),
        source=f"/processors/{processor}",
        type=StreamParked.type_name,
        causationid=given.id,
        build=build,
        data=payload,
        sequence=before.sequence + 1,
    )
    return Step(replace(before, parked=True, sequence=alarm.sequence), (alarm,))


def _apply(
    processor: Processor[State, Observations],
    before: StreamState[State, Observations],
    cause: Record,
    build: str,
    observations: Observations,
    payloads: Sequence[Payload],
) -> Step[State, Observations]:
    state = before.state
    events: list[Record] = []
    timers: dict[str, Record | None] = {}
    if isinstance(cause.data, TimerDue):
        timers[cause.data.name] = None
    sequence = before.sequence
    for index, payload in enumerate(payloads):
        if isinstance(payload, TimerSet):
            timers[payload.name] = _caused(processor.name, cause, index, payload, build, 0)
        else:
            sequence += 1
            events.append(_caused(processor.name, cause, index, payload, build, sequence))
            state = processor.evolve(state, payload, cause.time)
    recent, commands = _remembered(before, cause)
    pending = _pending(before.timers, timers)
    after = StreamState(state, observations, cause.time, recent, commands, pending, before.parked, sequence)
    return Step(after, tuple(events), tuple(timers.items()))


def _caused(processor: str, cause: Record, index: int, payload: Payload, build: str, sequence: int) -> Record:
    """The event; one that answers an earlier request (`request_id`) is correlated with that, whatever caused it now."""
    return Record(
        id=derived_id(cause.id, cause.stream, index),
        source=f"/processors/{processor}",
        type=payload.type_name,
        subject=cause.stream,
        time=cause.time,
        stream=cause.stream,
        actor=cause.actor,
        correlationid=payload.__dict__.get("request_id", cause.correlationid),
        causationid=cause.id,
        build=build,
        data=payload,
        sequence=sequence,
    )


def _pending(timers: dict[str, int], changed: dict[str, Record | None]) -> dict[str, int]:
    if not changed:
        return timers
    pending = {name: due for name, due in timers.items() if name not in changed}
    for name, record in changed.items():
        if record is not None and isinstance(record.data, TimerSet):
            pending[name] = record.data.due_ms
    return pending


def _is_stale_timer(state: StreamState[State, Observations], given: Record) -> bool:
    return isinstance(given.data, TimerDue) and state.timers.get(given.data.name) != given.data.due_ms


def _refuse_other_body(state: StreamState[State, Observations], given: Record) -> None:
    known = state.commands.get(given.id)
    if known is not None and known[1] != body_hash(given.data):
        raise DomainError("this id was used before with another body", field="id", rule="idempotency.v1")


def _rejection(given: Record, error: DomainError) -> InputRejected:
    return InputRejected(
        input_id=given.id, input_type=given.type, rule=error.rule, field=error.field, reason=error.reason
    )


def _remembered(
    state: StreamState[State, Observations], given: Record
) -> tuple[RecentInputs, dict[str, tuple[int, str]]]:
    """The fields `recent` and `commands` of a state that has seen this input, too."""
    if given.data.record_kind == "command":
        horizon = state.time_ms - REMEMBERED_COMMANDS_MS
        commands = {key: seen for key, seen in state.commands.items() if seen[0] >= horizon}
        commands.setdefault(given.id, (given.time, body_hash(given.data)))
        return state.recent, commands
    return state.recent.with_one_more(given.id), state.commands


def body_hash(data: Payload) -> str:
    """A short hash of a command's data, which distinguishes a retry from another request under the same id."""
    return hashlib.blake2b(canonical(data), digest_size=8).hexdigest()


@cache
def _reader(name: str, state_type: Any, observations_type: Any) -> tuple[TypeAdapter[Any], str]:
    """How a processor's states are read back, and a hash of their shape."""
    adapter: TypeAdapter[Any] = TypeAdapter(StreamState[state_type, observations_type])
    described = name.encode() + shape(adapter.json_schema())
    return adapter, hashlib.blake2b(described, digest_size=8).hexdigest()


def _reader_of(processor: Processor[Any, Any]) -> tuple[TypeAdapter[Any], str]:
    # mypy considers a class unhashable where it is an attribute.
    return _reader(processor.name, processor.state_type, processor.observations_type)  # type: ignore[arg-type]


def dump_state(processor: Processor[State, Observations], state: StreamState[State, Observations]) -> bytes:
    """A state as it is committed, tagged with its shape.

    Mappings retain their order, which the rules see: decisions must be the same after a restart.
    """
    return _STATE.encode({"shape": _reader_of(processor)[1], "state": state})


def _written(value: Any) -> Any:
    return value.written() if isinstance(value, RecentInputs) else fields(value)


_STATE = msgspec.json.Encoder(enc_hook=_written)


def load_state(processor: Processor[State, Observations], body: bytes) -> StreamState[State, Observations] | None:
    """The state that was committed, or None where another version of the code wrote it in another shape."""
    adapter, present = _reader_of(processor)
    stored = orjson.loads(body)
    if stored["shape"] != present:
        return None
    loaded: StreamState[State, Observations] = adapter.validate_python(stored["state"])
    return loaded


def refold(
    processor: Processor[State, Observations],
    stream: str,
    events: Sequence[Record],
    timers: dict[str, int],
    parked: bool,
) -> StreamState[State, Observations]:
    """The state from the stream's own events: complete, but for what must be observed again."""
    empty = fresh(processor, stream)
    state = empty.state
    for event in events:
        state = processor.evolve(state, event.data, event.time)
    causes = tuple(dict.fromkeys(event.causationid for event in events))
    return replace(
        empty,
        state=state,
        time_ms=max((event.time for event in events), default=0),
        recent=RecentInputs.of(causes),
        timers=timers,
        parked=parked,
        sequence=max((event.sequence for event in events), default=0) or len(events),
    )
