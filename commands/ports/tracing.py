"""What watches how long each step of a request takes, across processes; the steps know it by this port alone.

A step's context (W3C `traceparent`) goes along with what follows from it. Nothing is decided by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Attributes = Mapping[str, str | int]
"""What OpenTelemetry calls attributes, by the names of its conventions."""


class Span(Protocol):
    """One step while it lasts; `traceparent` is for what follows from it."""

    traceparent: str | None

    def describe(self, attributes: Attributes, name: str = "") -> None:
        """Add facts, and name it better now that more is known; never a secret, nor anything personal."""


class Tracer(Protocol):
    """Both give a span that ends with its block; an exception that leaves the block is told of."""

    def begin(self, name: str, caller: str | None) -> AbstractContextManager[Span]:
        """A request comes in: part of its caller's trace, or a trace of its own."""

    def follow(self, name: str, parent: str | None) -> AbstractContextManager[Span]:
        """A step that follows from `parent`; None: from nothing that is traced, and neither is it."""


class PassThroughSpan:
    """No span: the context goes on as it came."""

    __slots__ = ("traceparent",)

    def __init__(self, traceparent: str | None) -> None:
        self.traceparent = traceparent

    def describe(self, attributes: Attributes, name: str = "") -> None:
        """Nobody listens."""


class Untraced:
    """A tracer for where none is wanted."""

    def begin(self, name: str, caller: str | None) -> AbstractContextManager[Span]:
        return nullcontext(PassThroughSpan(caller))

    def follow(self, name: str, parent: str | None) -> AbstractContextManager[Span]:
        return nullcontext(PassThroughSpan(parent))


UNTRACED: Tracer = Untraced()
