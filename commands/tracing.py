"""What watches how long each step of a request takes, across processes; the steps know it by this port alone.

A step's context (W3C `traceparent`) goes along with what follows from it. Nothing is decided by it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Span(Protocol):
    """One step while it lasts; `traceparent` is for what follows from it."""

    traceparent: str | None

    def describe(self, name: str = "", **facts: str | int) -> None:
        """Name it better, now that more is known, and add facts; never a secret, nor anything personal."""


class Tracer(Protocol):
    """Both give a span that ends with its block; an exception that leaves the block is told of."""

    def begin(self, name: str, caller: str | None) -> AbstractContextManager[Span]:
        """A request comes in: part of its caller's trace, or a trace of its own."""

    def follow(self, name: str, parent: str | None) -> AbstractContextManager[Span]:
        """A step that follows from `parent`; None: from nothing that is traced, and neither is it."""


class Passed:
    """No span: the context goes on as it came."""

    __slots__ = ("traceparent",)

    def __init__(self, traceparent: str | None) -> None:
        self.traceparent = traceparent

    def describe(self, name: str = "", **facts: str | int) -> None:
        """Nobody listens."""


class Untraced:
    """A tracer for where none is wanted."""

    def begin(self, name: str, caller: str | None) -> AbstractContextManager[Span]:
        return nullcontext(Passed(caller))

    def follow(self, name: str, parent: str | None) -> AbstractContextManager[Span]:
        return nullcontext(Passed(parent))


UNTRACED: Tracer = Untraced()
