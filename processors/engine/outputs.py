"""From a step to entries of the log: events, messages, timers, rows of compacted topics."""

from __future__ import annotations

from typing import Any

from commands.log import topics
from commands.log.codec import canonical, encode, entry
from commands.ports.log import Entry, Output
from domain.load_control.desired import Desired
from domain.records import Record
from processors.engine.processor import Processor
from processors.engine.stream import Step
from processors.routes import messages


def outputs_of(processor: Processor[Any, Any], stream: str, done: Step[Any, Any]) -> list[Output]:
    """The entries of every topic that follow from one step of `stream`."""
    outputs: list[Output] = []
    desired: dict[str, Desired] = {}
    for event in done.events:
        outputs.append((topics.EVENTS, entry(event)))
        for to, message in messages(event):
            outputs.append((topics.inputs(to), entry(message)))
        for want in processor.desired(done.after.state, event.data):
            desired[want.charger_id] = want
    outputs += [(topics.DESIRED, Entry(charger, canonical(want))) for charger, want in desired.items()]
    for name, record in done.timers:
        outputs.append((topics.TIMERS, Entry(f"{stream}/{name}", None if record is None else encode(record))))
    return outputs


def parked_outputs(processor: str, given: Record, done: Step[Any, Any]) -> list[Output]:
    """The entries that park an input on which a rule failed: the input, and the event of `stream.park`."""
    return [(topics.parked(processor), entry(given)), *((topics.EVENTS, entry(event)) for event in done.events)]
