"""Rows of read models as clients see them: kW, A, %, RFC 3339."""

from __future__ import annotations

from typing import Any

from api.context import EnterpriseNames
from api.site_load import Point
from commands.ports.series import TelemetryEvent
from commands.quantities import rfc3339
from domain.series.reading_buckets import ReadingBucket
from projections.projection import Row


def _thousandth(value: int | None) -> float | None:
    """mA, W, Wh, permille of a thousand: as A, kW, kWh, 1."""
    return None if value is None else value / 1000


def _share(ppm: int | None) -> float | None:
    return None if ppm is None else ppm / 1_000_000


def _score_parts(row: Row) -> dict[str, float | None]:
    """Why the score is what it is, each 0 to 1: received little in congested hours, waited long, has little slack."""
    return {part: _share(row[f"{part}_ppm"]) for part in ("energy", "waiting", "slack")}


def session(row: Row, vin: str | None) -> dict[str, Any]:
    """A session. `place` 1 is next, 0: a charger is held for it; `energy_kwh` is known at the end."""
    target_permille = row["target_permille"]
    return {
        "id": row["id"],
        "vehicle_id": row["vehicle_id"],
        "vehicle_vin": vin,
        "site_id": row["site_id"],
        "state": row["state"],
        "reason": row["reason"],
        "charger_id": row["charger_id"],
        "held_until": rfc3339(row["held_until_ms"]),
        "place": row["place"],
        "eta": rfc3339(row["eta_ms"]),
        "requested_soc": None if target_permille is None else target_permille / 10,
        "assigned_start": rfc3339(row["assigned_start_ms"]),
        "assigned_end": rfc3339(row["assigned_end_ms"]),
        "energy_kwh": _thousandth(row["energy_wh"]),
        "priority_tier": row["tier"],
        "score": _share(row["score_ppm"]),
        "score_parts": _score_parts(row),
        "move_wanted": row["move_wanted"],
    }


def waiting(row: Row, *, known: bool) -> dict[str, Any]:
    """Somebody in the queue; whose session it is only where that may be `known`."""
    return {
        "session_id": row["id"] if known else None,
        "vehicle_id": row["vehicle_id"] if known else None,
        "tier": row["tier"],
        "state": row["state"],
        "place": row["place"],
        "charger_id": row["charger_id"],
        "held_until": rfc3339(row["held_until_ms"]),
        "eta": rfc3339(row["eta_ms"]),
        "score": _share(row["score_ppm"]),
        "score_parts": _score_parts(row),
    }


def charger(row: Row, *, known: bool) -> dict[str, Any]:
    """A charger at its site; `limit_a` per phase, null where no limit is desired (no transaction)."""
    return {
        "id": row["id"],
        "site_id": row["site_id"],
        "ocpp_id": row["ocpp_id"],
        "max_kw": _power_kw(row),
        "status": row["status"],
        "connected": row["connected"],
        "obedience": row["obedience"],
        "session_id": row["session_id"] if known else None,
        "session_state": row["session_state"],
        "move_wanted": bool(row["move_wanted"]),
        "limit_a": _thousandth(row["limit_ma"]),
        "free_at": rfc3339(row["free_at_ms"]),
    }


def _power_kw(row: Row) -> float:
    """What a charger can give at most."""
    return row["max_ma"] * row["voltage_mv"] * len(row["phases"]) / 1e9


def user(row: Row, email: str | None) -> dict[str, Any]:
    return {
        "id": row["id"],
        "role": row["role"],
        "enterprise_id": row["enterprise_id"],
        "email": email,
        "created_at": rfc3339(row["created_at_ms"]),
    }


def enterprise(row: Row, names: EnterpriseNames | None) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": names and names.name,
        "type": row["type"],
        "verification_status": row["verification_status"],
        "domain": names and names.domain,
        "daily_grants": row["daily_grants"],
        "created_at": rfc3339(row["created_at_ms"]),
    }


def vehicle(row: Row, vin: str | None) -> dict[str, Any]:
    return {
        "id": row["id"],
        "vin": vin,
        "owner_user_id": row["owner_user_id"],
        "enterprise_id": row["enterprise_id"],
        "priority_eligible": row["priority_eligible"],
        "battery_kwh": _thousandth(row["battery_wh"]),
        "max_a": _thousandth(row["max_ma"]),
        "phases": row["phases"],
    }


def site(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "location": row["location_zone"],
        "max_kw": _thousandth(row["max_w"]),
        "firm_kw": _thousandth(row["firm_w"]),
        "priority_reserve_kw": _thousandth(row["priority_reserve_w"]),
        "nodes": [_node(node) for node in row["tree"]],
    }


def _node(node: Row) -> dict[str, Any]:
    limit_ma = node["limit_ma"]
    return {
        "id": node["id"],
        "parent": node["parent"],
        "kind": node["kind"],
        "limit_a": None if limit_ma is None else [phase_ma / 1000 for phase_ma in limit_ma],
        "limit_kw": _thousandth(node["limit_w"]),
    }


def grid_limit(row: Row) -> dict[str, Any]:
    return {
        "cap_id": row["cap_id"],
        "limit_kw": _thousandth(row["limit_w"]),
        "starts_at": rfc3339(row["starts_ms"]),
        "ends_at": rfc3339(row["ends_ms"]),
        "holds_from": rfc3339(row["holds_from_ms"]),
        "guaranteed": row["guaranteed"],
        "reason": row["reason"],
    }


def priority_audit(row: Row, vin: str | None) -> dict[str, Any]:
    """A decision about priority; `vin` None: erased, or not for this reader. Null levels and zones were unknown."""
    level_permille = row["level_permille"]
    return {
        "id": row["id"],
        "vehicle_id": row["vehicle_id"],
        "vehicle_vin": vin,
        "session_id": row["session_id"],
        "site_id": row["site_id"],
        "tier": row["tier"],
        "soc": None if level_permille is None else level_permille / 10,
        "location_zone": row["location_zone"],
        "decision": row["decision"],
        "basis": row["basis"],
        "rule": row["rule"],
        "reason": row["reason"],
        "valid_until": rfc3339(row["valid_until_ms"]),
        "created_at": rfc3339(row["created_at_ms"]),
    }


def pending_review(row: Row, asked_for: str | None) -> dict[str, Any]:
    """A review that waits; `asked_for` None: erased."""
    level_permille = row["level_permille"]
    return {
        "session_id": row["session_id"],
        "vehicle_id": row["vehicle_id"],
        "soc": None if level_permille is None else level_permille / 10,
        "asked_for": asked_for,
        "reason": row["reason"],
        "decide_by": rfc3339(row["valid_until_ms"]),
    }


def decision(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "type": row["type"],
        "time": rfc3339(row["time_ms"]),
        "stream": row["stream"],
        "charger_id": row["charger_id"],
        "session_id": row["session_id"],
        "rule": row["rule"],
        "reason": row["reason"],
        "causationid": row["causationid"],
    }


def telemetry_event(event: TelemetryEvent, vin: str | None) -> dict[str, Any]:
    return {
        "id": event.id,
        "vehicle_id": event.vehicle_id,
        "vehicle_vin": vin,
        "type": event.type,
        "value": event.value,
        "timestamp": rfc3339(event.observed_ms),
        "received_at": rfc3339(event.received_ms),
        "source": event.source,
    }


def reading_bucket(bucket: ReadingBucket, width_ms: int, vin: str | None) -> dict[str, Any]:
    def value(milli: int) -> float | bool:
        return milli / 1000 if bucket.type in ("soc", "range_km") else milli > 0

    return {
        "vehicle_id": bucket.vehicle_id,
        "vehicle_vin": vin,
        "type": bucket.type,
        "from": rfc3339(bucket.start_ms),
        "to": rfc3339(bucket.start_ms + width_ms),
        "count": bucket.values,
        "mean": bucket.mean_milli / 1000,
        "min": value(bucket.least_milli),
        "max": value(bucket.greatest_milli),
        "last": value(bucket.last_milli),
    }


def load_point(point: Point) -> dict[str, Any]:
    return {
        "time": rfc3339(point.at_ms),
        "load_kw": None if point.load_w is None else round(point.load_w / 1000, 3),
        "limit_kw": _thousandth(point.limit_w),
    }
