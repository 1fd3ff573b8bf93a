"""Sessions and the queue."""

from __future__ import annotations

from typing import Any

from api.views.charger_events import ENDS
from api.views.units import percent, share, thousandth
from commands.for_people import for_people
from commands.quantities import rfc3339
from projections.projection import Row


def session_view(row: Row, vin: str | None) -> dict[str, Any]:
    """A session (`api.shapes.sessions.Session`)."""
    return {
        "id": row["id"],
        "vehicle_id": row["vehicle_id"],
        "vehicle_vin": vin,
        "site_id": row["site_id"],
        "state": row["state"],
        "reason": _reason(row["reason"]),
        "charger_id": row["charger_id"],
        "held_until": rfc3339(row["held_until_ms"]),
        "place": row["place"],
        "eta": rfc3339(row["eta_ms"]),
        "requested_soc": percent(row["target_permille"]),
        "assigned_start": rfc3339(row["assigned_start_ms"]),
        "assigned_end": rfc3339(row["assigned_end_ms"]),
        "energy_kwh": thousandth(row["energy_wh"]),
        "estimated": row["estimated"],
        "priority_tier": row["tier"],
        "score": share(row["score_ppm"]),
        "score_parts": _score_parts(row),
        "move_wanted": row["move_wanted"],
    }


def _reason(reason: str | None) -> str | None:
    """Why a session is in its state: the rule's reason, or why it has ended."""
    return reason and ENDS.get(reason, for_people(reason))  # type: ignore[call-overload]


def signed_value_view(row: Row) -> dict[str, Any]:
    """A signed value of one of a session's transactions (`api.shapes.sessions.SignedValue`)."""
    return {
        "charger_id": row["charger_id"],
        "transaction_id": row["transaction_id"],
        "moment": row["moment"],
        "text": row["text"],
        "measured_at": rfc3339(row["charger_time_ms"]),
        "received_at": rfc3339(row["received_ms"]),
    }


def waiting_view(row: Row, *, visible: bool) -> dict[str, Any]:
    """A session in the queue; whose it is only where that is `visible` to the caller."""
    return {
        "session_id": row["id"] if visible else None,
        "vehicle_id": row["vehicle_id"] if visible else None,
        "tier": row["tier"],
        "state": row["state"],
        "place": row["place"],
        "charger_id": row["charger_id"],
        "held_until": rfc3339(row["held_until_ms"]),
        "eta": rfc3339(row["eta_ms"]),
        "score": share(row["score_ppm"]),
        "score_parts": _score_parts(row),
    }


def _score_parts(row: Row) -> dict[str, float | None]:
    return {part: share(row[f"{part}_ppm"]) for part in ("energy", "waiting", "slack")}
