"""Priority: urgent reviews and the audit of decisions."""

from __future__ import annotations

from typing import Any

from api.views.units import percent
from commands.for_people import for_people
from commands.quantities import rfc3339
from domain.records.vehicles import PriorityDenied, PriorityGranted, UrgentReviewOpened
from projections.projection import Row

ReviewOutcome = PriorityGranted | PriorityDenied | UrgentReviewOpened


def priority_decision_view(row: Row, vin: str | None) -> dict[str, Any]:
    """A decision about priority; `vin` None: erased."""
    return {
        "id": row["id"],
        "vehicle_id": row["vehicle_id"],
        "vehicle_vin": vin,
        "session_id": row["session_id"],
        "site_id": row["site_id"],
        "tier": row["tier"],
        "soc": percent(row["level_permille"]),
        "location_zone": row["location_zone"],
        "decision": row["decision"],
        "basis": row["basis"],
        "rule": row["rule"],
        "reason": for_people(row["reason"]),
        "valid_until": rfc3339(row["valid_until_ms"]),
        "created_at": rfc3339(row["created_at_ms"]),
    }


def pending_review_view(row: Row, asked_for: str | None) -> dict[str, Any]:
    """A review that an operator must decide; `asked_for`: the driver's reason, None: erased."""
    return {
        "session_id": row["session_id"],
        "vehicle_id": row["vehicle_id"],
        "soc": percent(row["level_permille"]),
        "asked_for": asked_for,
        "reason": for_people(row["reason"]),
        "decide_by": rfc3339(row["valid_until_ms"]),
    }


def urgent_review_view(session_id: str, decided: ReviewOutcome) -> dict[str, Any]:
    """The outcome of an urgent review."""
    match decided:
        case PriorityGranted():
            valid_until = rfc3339(decided.valid_until_ms)
            return _review(session_id, "granted", decided.reason, tier=decided.tier, valid_until=valid_until)
        case UrgentReviewOpened():
            return _review(session_id, "pending", decided.reason, decide_by=rfc3339(decided.decide_by_ms))
        case PriorityDenied():
            return _review(session_id, "denied", decided.reason)


def undecided_review_view(session_id: str) -> dict[str, Any]:
    """An urgent review that is not decided yet."""
    return _review(session_id, "pending", "stored, not decided yet")


def _review(session_id: str, status: str, reason: str, **more: object) -> dict[str, Any]:
    unknown = {"tier": None, "valid_until": None, "decide_by": None}
    return {"session_id": session_id, "status": status, "reason": for_people(reason), **unknown, **more}
