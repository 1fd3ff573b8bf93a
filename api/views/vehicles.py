"""Vehicles."""

from __future__ import annotations

from typing import Any

from api.views.units import thousandth
from projections.projection import Row


def vehicle_view(row: Row, vin: str | None) -> dict[str, Any]:
    """A vehicle; `vin` None: erased."""
    return {
        "id": row["id"],
        "vin": vin,
        "owner_user_id": row["owner_user_id"],
        "enterprise_id": row["enterprise_id"],
        "priority_eligible": row["priority_eligible"],
        "battery_kwh": thousandth(row["battery_wh"]),
        "max_a": thousandth(row["max_ma"]),
        "phases": row["phases"],
    }
