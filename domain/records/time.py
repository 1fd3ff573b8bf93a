"""Timers, rejections and the host's own records."""

from __future__ import annotations

from domain.records.catalogue import Payload, record_type


@record_type("timer.set.v1", "timer")
class TimerSet(Payload):
    """A processor asks to be woken: the latest setting of a (stream, name) replaces the one before."""

    name: str
    due_ms: int


@record_type("gateway.alive.v1", "timer")
class GatewayAlive(Payload):
    """A gateway lives: said anew every 30 s, so that its silence is noticed. The latest of each is kept."""

    gateway_id: str


@record_type("timer.due.v1", "observation")
class TimerDue(Payload):
    """The timekeeper's answer: `name` was due at `due_ms`."""

    name: str
    due_ms: int


@record_type("input.rejected.v1", "event")
class InputRejected(Payload):
    """A rule said no to an input; nothing else happened because of it."""

    input_id: str
    input_type: str
    rule: str
    field: str
    reason: str


@record_type("stream.unparked.v1", "command")
class StreamUnparked(Payload):
    """An operator let a parked stream go on after the defect was mended."""


@record_type("stream.parked.v1", "event")
class StreamParked(Payload):
    """A defect stopped this stream at an input; it and the later ones wait until an operator lets them go on."""

    input_id: str
    input_type: str
    error: str
