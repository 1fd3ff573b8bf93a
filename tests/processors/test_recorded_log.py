"""Recorded logs (`tests/recorded/`). With the present rules: the inputs are decided to the same events again, the same
messages follow, and the states are read back, or folded again where their shape is another. Of earlier builds: every
record can be read, every input decided without a defect, and every state folded from its events.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

import pytest

from commands.log.codec import encode
from domain.records import Record
from domain.records.time import StreamParked, StreamUnparked
from processors.engine.stream import StreamState, fresh, load_state, park, refold, step
from processors.load import Load
from processors.registry import Registry
from processors.routes import messages
from processors.sites import Sites
from processors.vehicles import Vehicles
from tests.recorded import log

State = StreamState[Any, Any]
BUILD = "ignored"


@dataclass(slots=True)
class Replay:
    """A processor on its recorded inputs, with each stream's state after each of them."""

    processor: Any
    recording: log.Recording
    recorded: list[log.Placed] = field(init=False)
    inputs: int = 0
    events: dict[str, list[Record]] = field(default_factory=dict)
    offsets: dict[str, list[int]] = field(default_factory=dict)
    states: dict[str, list[State]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.recorded = self.recording.events(self.processor.name)

    def run(self) -> None:
        alarms = [one.record.data for one in self.recorded if isinstance(one.record.data, StreamParked)]
        defects = {alarm.input_id: type(alarm.error, (Exception,), {}) for alarm in alarms}
        for placed in self.recording.inputs(self.processor.name):
            given, stream = placed.record, placed.record.stream
            state = self.states[stream][-1] if stream in self.states else fresh(self.processor, stream)
            state, events = self._again(state, given, defects)
            self.inputs += 1
            self.events.setdefault(stream, []).extend(events)
            self.offsets.setdefault(stream, []).append(placed.offset)
            self.states.setdefault(stream, []).append(state)

    def at(self, stream: str, offset: int) -> State:
        """The state after the last input up to this offset."""
        return self.states[stream][bisect_right(self.offsets[stream], offset) - 1]

    def recorded_of(self, stream: str, offset: int | None = None) -> list[Record]:
        """The recorded events of a stream, up to an offset."""
        until = (one for one in self.recorded if offset is None or one.offset <= offset)
        return [one.record for one in until if one.record.stream == stream]

    def _again(
        self, state: State, given: Record, defects: dict[str, type[Exception]]
    ) -> tuple[State, tuple[Record, ...]]:
        """As `processors.engine.replay`, but a defect that parked a stream is mended by now: it is raised here once."""
        if state.parked and not isinstance(given.data, StreamUnparked):
            return state, ()
        if given.id in defects:
            parked = park(self.processor.name, state, given, defects.pop(given.id)(), BUILD)
            return parked.after, parked.events
        done = step(self.processor, state, given, BUILD)
        return done.after, done.events


@pytest.fixture(scope="module", params=[Registry, Vehicles, Sites, Load], ids=lambda processor: processor.name)
def replay(request: pytest.FixtureRequest) -> Replay:
    processor = request.param()
    again = Replay(processor, log.PRESENT)
    again.run()
    return again


def comparable(event: Record) -> bytes:
    """Its canonical bytes without the name of the build."""
    return encode(event._replace(build=""))


def test_the_recorded_inputs_are_decided_to_the_same_events(replay: Replay) -> None:
    streams = {one.record.stream for one in replay.recorded}
    assert replay.inputs >= len(streams) > 0
    assert streams == {stream for stream, events in replay.events.items() if events}
    for stream in sorted(streams):
        recorded = [comparable(event) for event in replay.recorded_of(stream)]
        assert [comparable(event) for event in replay.events[stream]] == recorded, stream


def test_the_same_messages_follow(replay: Replay) -> None:
    events = [event for of_stream in replay.events.values() for event in of_stream]
    sent = {comparable(message) for event in events for _, message in messages(event)}
    assert sent == {comparable(one.record) for one in replay.recording.messages_from(replay.processor.name)}


def test_the_recorded_states_are_read_back_or_folded_again(replay: Replay) -> None:
    states = replay.recording.states(replay.processor.name)
    assert {one.stream for one in states} == replay.states.keys()
    for one in states:
        expected = replay.at(one.stream, one.inputs)
        loaded = load_state(replay.processor, one.body)
        assert loaded in (None, expected), (one.stream, one.point)
        folded = refold(replay.processor, one.stream, replay.recorded_of(one.stream, one.events), {}, parked=False)
        assert folded.state == expected.state, (one.stream, one.point)


@pytest.mark.parametrize("processor", [Registry, Vehicles, Sites, Load], ids=lambda processor: processor.name)
@pytest.mark.parametrize("recording", log.EARLIER, ids=lambda recording: recording.folder.name)
def test_a_log_of_an_earlier_build_is_read_decided_and_folded(recording: log.Recording, processor: Any) -> None:
    replay = Replay(processor(), recording)
    replay.run()
    assert replay.inputs > 0
    assert {one.record.stream for one in replay.recorded} <= replay.states.keys()
    for one in recording.states(replay.processor.name):
        events = replay.recorded_of(one.stream, one.events)
        folded = refold(replay.processor, one.stream, events, {}, parked=False)
        assert (folded.state != fresh(replay.processor, one.stream).state) == bool(events), (one.stream, one.point)
