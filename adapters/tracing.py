"""`commands.ports.tracing.Tracer` on OpenTelemetry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from commands.ports.tracing import Attributes, PassThroughSpan, Span

TRACEPARENT = "traceparent"
PROPAGATOR = TraceContextTextMapPropagator()


class _Span:
    def __init__(self, span: trace.Span) -> None:
        self._span = span
        carrier: dict[str, str] = {}
        PROPAGATOR.inject(carrier, trace.set_span_in_context(span, Context()))
        self.traceparent = carrier.get(TRACEPARENT)

    def describe(self, attributes: Attributes, name: str = "") -> None:
        if name:
            self._span.update_name(name)
        self._span.set_attributes(attributes)


class OpenTelemetryTracer:
    """The spans of a service. A caller's context that can't be read begins a new trace."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("commonwatt")

    def begin(self, name: str, caller: str | None) -> AbstractContextManager[Span]:
        """Begin the span of a request, in its caller's trace or in a new one."""
        return self._span(name, caller, SpanKind.SERVER)

    @contextmanager
    def follow(self, name: str, parent: str | None) -> Iterator[Span]:
        """Begin the span of a step that follows from `parent`; None: not traced."""
        if parent is None:
            yield PassThroughSpan(None)
            return
        with self._span(name, parent, SpanKind.CONSUMER) as span:
            yield span

    @contextmanager
    def _span(self, name: str, parent: str | None, kind: SpanKind) -> Iterator[Span]:
        context = PROPAGATOR.extract({TRACEPARENT: parent}, Context()) if parent is not None else Context()
        with self._tracer.start_as_current_span(name, context, kind) as span:
            yield _Span(span)
