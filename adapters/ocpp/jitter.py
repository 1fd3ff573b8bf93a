"""Jitter: chargers that connect at one moment are spread over a span; each has its own share of it, always the same."""

from __future__ import annotations

from zlib import crc32

from adapters.ocpp.settings import Settings


def share(charger_id: str, span: int) -> int:
    """A number from 0 to below `span` that belongs to this charger."""
    return crc32(charger_id.encode()) % span if span else 0


def heartbeat_interval_s(charger_id: str, settings: Settings) -> int:
    """The interval that is set, less up to a fifth of it, so that reconnect storms spread out."""
    span_s = settings.heartbeat_interval_s // 5
    return settings.heartbeat_interval_s - share(charger_id, span_s)
