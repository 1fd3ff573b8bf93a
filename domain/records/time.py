"""Timers, rejections and the host's own records."""

from __future__ import annotations

from domain.records.catalogue import Payload, record_type


@record_type("timer.set.v1", "timer")
class TimerSet(Payload):
    """A processor requests a timer: the latest setting of a (stream, name) replaces the one before."""

    name: str
    due_ms: int


@record_type("gateway.alive.v1", "timer")
class GatewayAlive(Payload):
    """The heartbeat of a gateway, published every 30 s, so that its silence is noticed. The latest is stored."""

    gateway_id: str


@record_type("timer.due.v1", "observation")
class TimerDue(Payload):
    """The timekeeper's answer: `name` was due at `due_ms`."""

    name: str
    due_ms: int


@record_type("input.rejected.v1", "event")
class InputRejected(Payload):
    """A rule rejected an input, which had no other effect."""

    input_id: str
    input_type: str
    rule: str
    field: str
    reason: str


@record_type("stream.unparked.v1", "command")
class StreamUnparked(Payload):
    """An operator released a parked stream after the defect was mended."""


@record_type("stream.parked.v1", "event")
class StreamParked(Payload):
    """A defect stopped this stream at an input; it and the later ones wait until an operator releases the stream."""

    input_id: str
    input_type: str
    error: str
