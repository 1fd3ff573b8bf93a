"""Chargers that connect together shall not speak together: each gets its own share of a span, the same every time."""

from __future__ import annotations

from zlib import crc32

from adapters.ocpp.settings import Settings


def share(charger_id: str, span: int) -> int:
    """A number from 0 to below `span` that belongs to this charger."""
    return crc32(charger_id.encode()) % span if span else 0


def heartbeat_interval_s(charger_id: str, settings: Settings) -> int:
    """Within a fifth of what is set, so that reconnect storms spread out."""
    span_s = settings.heartbeat_interval_s // 5
    return settings.heartbeat_interval_s - share(charger_id, span_s)
