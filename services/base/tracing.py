"""Traces of the consequences of a request, exported by OTLP over HTTP as OpenTelemetry's own settings say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from commands.ports.tracing import UNTRACED, Tracer
from services.base.settings import SettingsError

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
SERVICE_NAME = "OTEL_SERVICE_NAME"
HTTP = "http/protobuf"


@contextmanager
def tracing(service: str) -> Iterator[Tracer]:
    """The tracer of a service, flushed when the block is left; a null tracer where no collector is set up.

    Raises `SettingsError` where the settings can't be used, naming the variable.
    """
    if not _is_set_up():
        yield UNTRACED
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from adapters.tracing import OpenTelemetryTracer

    named = {} if os.environ.get(SERVICE_NAME) else {"service.name": f"commonwatt {service}"}
    provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    try:
        yield OpenTelemetryTracer(provider)
    finally:
        provider.shutdown()


def _is_set_up() -> bool:
    endpoints = {name: value for name in ENDPOINTS if (value := os.environ.get(name, "").strip())}
    if not endpoints or os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    for name, value in endpoints.items():
        address = urlsplit(value)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise SettingsError(f"{name}: must be the address of a collector, as http://127.0.0.1:4318")
    for name in PROTOCOLS:
        if (protocol := os.environ.get(name, "").strip() or HTTP) != HTTP:
            raise SettingsError(f"{name}: {protocol!r} is not supported; it must be {HTTP}")
    return True
