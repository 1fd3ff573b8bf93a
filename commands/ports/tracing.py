"""The port of tracing: how long each step of a request takes, across processes.

The context of a step (W3C `traceparent`) is passed on to the steps that follow from it. No decision uses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Attributes = Mapping[str, str | int]
"""Attributes of a span, by the names of OpenTelemetry's conventions."""


class Span(Protocol):
    """A step under way. `traceparent` is for the steps that follow from it."""

    traceparent: str | None

    def describe(self, attributes: Attributes, name: str = "") -> None:
        """Add attributes, and give the span a better name; never a secret, nor anything personal."""


class Tracer(Protocol):
    """Both methods return a span that ends with its block, and records an exception that leaves the block."""

    def begin(self, name: str, caller: str | None) -> AbstractContextManager[Span]:
        """Begin the span of a request, in its caller's trace or in a new one."""

    def follow(self, name: str, parent: str | None) -> AbstractContextManager[Span]:
        """Begin the span of a step that follows from `parent`. None: the step is not traced."""


class PassThroughSpan:
    """No span: the context is passed on unchanged."""

    __slots__ = ("traceparent",)

    def __init__(self, traceparent: str | None) -> None:
        self.traceparent = traceparent

    def describe(self, attributes: Attributes, name: str = "") -> None:
        """Do nothing."""


class Untraced:
    """A tracer that records nothing."""

    def begin(self, name: str, caller: str | None) -> AbstractContextManager[Span]:
        """A span that only passes the caller's context on."""
        return nullcontext(PassThroughSpan(caller))

    def follow(self, name: str, parent: str | None) -> AbstractContextManager[Span]:
        """A span that only passes the parent's context on."""
        return nullcontext(PassThroughSpan(parent))


UNTRACED: Tracer = Untraced()
