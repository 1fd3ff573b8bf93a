"""Sites: their electrical tree, grid limits, load and decisions."""

from __future__ import annotations

from typing import Any

from api.site_load import Point
from api.views.units import thousandth
from commands.for_people import for_people
from commands.quantities import rfc3339
from domain.records.load import GridLimitSet, SetGridLimit
from projections.projection import Row


def site_view(row: Row) -> dict[str, Any]:
    """A site and its electrical tree."""
    return {
        "id": row["id"],
        "location": row["location_zone"],
        "max_kw": thousandth(row["max_w"]),
        "firm_kw": thousandth(row["firm_w"]),
        "priority_reserve_kw": thousandth(row["priority_reserve_w"]),
        "walk_ups": row["walk_ups"],
        "nodes": [_node(node) for node in row["tree"]],
    }


def _node(node: Row) -> dict[str, Any]:
    limit_ma = node["limit_ma"]
    return {
        "id": node["id"],
        "parent": node["parent"],
        "kind": node["kind"],
        "limit_a": None if limit_ma is None else [phase_ma / 1000 for phase_ma in limit_ma],
        "limit_kw": thousandth(node["limit_w"]),
    }


def grid_limit_view(row: Row) -> dict[str, Any]:
    """A grid limit and the time range it is for."""
    return {
        "cap_id": row["cap_id"],
        "limit_kw": thousandth(row["limit_w"]),
        "starts_at": rfc3339(row["starts_ms"]),
        "ends_at": rfc3339(row["ends_ms"]),
        "holds_from": rfc3339(row["holds_from_ms"]),
        "guaranteed": row["guaranteed"],
        "reason": for_people(row["reason"]),
    }


def promised_limit_view(decided: GridLimitSet) -> dict[str, Any]:
    """A grid limit as it was decided."""
    return {
        "cap_id": decided.cap_id,
        "limit_kw": decided.limit_w / 1000,
        "holds_from": rfc3339(decided.holds_from_ms),
        "guaranteed": decided.guaranteed,
        "reason": for_people(decided.reason),
    }


def undecided_limit_view(command: SetGridLimit) -> dict[str, Any]:
    """A grid limit that is not decided yet."""
    known = {"cap_id": command.cap_id, "limit_kw": command.limit_w / 1000}
    return {**known, "holds_from": None, "guaranteed": None, "reason": "stored, not decided yet"}


def load_point_view(point: Point) -> dict[str, Any]:
    """One step of a site's load."""
    return {
        "time": rfc3339(point.at_ms),
        "load_kw": None if point.load_w is None else round(point.load_w / 1000, 3),
        "limit_kw": thousandth(point.limit_w),
    }


def decision_view(row: Row) -> dict[str, Any]:
    """A decision about a site."""
    return {
        "id": row["id"],
        "type": row["type"],
        "time": rfc3339(row["time_ms"]),
        "stream": row["stream"],
        "charger_id": row["charger_id"],
        "session_id": row["session_id"],
        "rule": row["rule"],
        "reason": for_people(row["reason"]),
        "causationid": row["causationid"],
    }
