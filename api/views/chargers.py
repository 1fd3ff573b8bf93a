"""Chargers."""

from __future__ import annotations

from typing import Any

from api.views.units import thousandth
from commands.for_people import for_people
from commands.quantities import rfc3339
from projections.projection import Row


def charger_view(row: Row, *, visible: bool) -> dict[str, Any]:
    """An outlet at its site; the id of its session only where that is `visible` to the caller."""
    return {
        "id": row["id"],
        "charger_id": row["charger_id"],
        "connector_id": row["connector_id"],
        "site_id": row["site_id"],
        "ocpp_id": row["ocpp_id"],
        "max_kw": _power_kw(row),
        "status": row["status"],
        "connected": row["connected"],
        "obedience": row["obedience"],
        "session_id": row["session_id"] if visible else None,
        "session_state": row["session_state"],
        "move_wanted": bool(row["move_wanted"]),
        "limit_a": thousandth(row["limit_ma"]),
        "free_at": rfc3339(row["free_at_ms"]),
    }


def _power_kw(row: Row) -> float:
    """The highest power that a charger can deliver."""
    power_kw: float = row["max_ma"] * row["voltage_mv"] * len(row["phases"]) / 1e9
    return power_kw


def charger_now_view(row: Row, alarms: list[dict[str, Any]], events: list[dict[str, Any]]) -> dict[str, Any]:
    """An outlet in detail, for operators."""
    return {
        **charger_view(row, visible=True),
        "min_a": thousandth(row["min_ma"]),
        "max_a": thousandth(row["max_ma"]),
        "transaction_id": row["transaction_id"],
        "void_reason": for_people(row["void_reason"]) if row["void_reason"] else None,
        "exceeds": row["exceeds"],
        "clock_offset_s": thousandth(row["clock_offset_ms"]),
        "alarms": alarms,
        "events": events,
    }
