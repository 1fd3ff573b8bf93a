"""A story of processors: given these inputs, when this one comes, then these events follow.

It runs on the real step of a stream, in virtual time, with the messages between the processors that it is made of.
"""

from __future__ import annotations

from itertools import count
from typing import Any, Self

from domain.records import Payload, Record, input_record
from domain.records.time import InputRejected, TimerDue
from processors.engine.processor import Processor
from processors.engine.stream import StreamState, fresh, step
from processors.routes import messages

START_MS = 1_000_000_000
MINUTE_MS = 60_000


class Story:
    """Streams of some processors. An input is for `stream`, unless another one is named.

    `inputs` are all that came from outside, with the timers that were due; `recorded` are all events, `sent` the
    messages to processors that have no part in the story.
    """

    def __init__(self, *processors: Processor[Any, Any], stream: str = "", ids: str = "i") -> None:
        self.processors = {processor.name: processor for processor in processors}
        self.stream = stream
        self.now_ms = START_MS
        self.states: dict[str, StreamState[Any, Any]] = {}
        self.inputs: list[Record] = []
        self.recorded: list[Record] = []
        self.sent: list[Record] = []
        self.followed: list[Payload] = []
        self._ids = (f"{ids}{number}" for number in count(1))

    # Given, when, then

    def given(self, *inputs: Payload, stream: str = "") -> Self:
        """What came before."""
        for payload in inputs:
            self.when(payload, stream=stream)
        return self

    def when(self, payload: Payload, *, stream: str = "", record_id: str = "", source: str = "/test") -> list[Payload]:
        """An input now: the events that follow, at its own stream first."""
        record_id = record_id or next(self._ids)
        given = input_record(record_id, source, stream or self.stream, self.now_ms, payload, actor="t")
        self.inputs.append(given)
        self.followed = [event.data for event in self.step(given)]
        return self.followed

    def then(self, *events: Payload) -> Self:
        """Exactly these events followed from the last input."""
        assert self.followed == list(events)
        return self

    # Time

    def run_until(self, until_ms: int) -> list[Payload]:
        """Let time pass: timers fire when they are due. The events that follow."""
        followed: list[Payload] = []
        while (timer := self.next_timer()) is not None and timer[0] <= until_ms:
            due_ms, stream, name = timer
            self.now_ms = max(self.now_ms, due_ms)
            followed += self.when(TimerDue(name=name, due_ms=due_ms), stream=stream)
        self.now_ms = max(self.now_ms, until_ms)
        return followed

    def wait(self, minutes: float) -> list[Payload]:
        """Let minutes pass."""
        return self.run_until(self.now_ms + int(minutes * MINUTE_MS))

    def next_timer(self) -> tuple[int, str, str] | None:
        """When the next timer is due, of which stream, and its name."""
        pending = ((due, stream, name) for stream, state in self.states.items() for name, due in state.timers.items())
        return min(pending, default=None)

    # What is known

    def whole(self, stream: str = "") -> StreamState[Any, Any]:
        """All that the engine knows of a stream."""
        return self.states.get(stream or self.stream) or self._fresh(stream or self.stream)

    @property
    def state(self) -> Any:
        """The state of the story's own stream."""
        return self.whole().state

    @property
    def observations(self) -> Any:
        return self.whole().observations

    @property
    def timers(self) -> dict[str, int]:
        return self.whole().timers

    @property
    def events(self) -> list[Payload]:
        """All that was decided so far."""
        return [event.data for event in self.recorded]

    # The part of the host

    def step(self, given: Record) -> list[Record]:
        """One input, then the messages that follow, each with all that follows from it."""
        processor = self._processor(given.stream)
        done = step(processor, self.whole(given.stream), given, "b")
        self.states[given.stream] = done.after
        self.recorded += done.events
        followed = list(done.events)
        for event in done.events:
            for to, message in messages(event):
                if to in self.processors:
                    followed += self.step(message)
                else:
                    self.sent.append(message)
        return followed

    def _fresh(self, stream: str) -> StreamState[Any, Any]:
        return fresh(self._processor(stream), stream)

    def _processor(self, stream: str) -> Processor[Any, Any]:
        return self.processors[stream.partition(":")[0]]


def of_type(events: list[Payload], *types: type[Payload]) -> list[Any]:
    """The events of these types."""
    return [event for event in events if isinstance(event, types)]


def one(kind: type[Payload], events: list[Payload]) -> Any:
    """The only event of its type."""
    (found,) = of_type(events, kind)
    return found


def rejection(events: list[Payload]) -> tuple[str, str]:
    """Field and reason of the one rejection."""
    (event,) = events
    assert isinstance(event, InputRejected)
    return event.field, event.reason
