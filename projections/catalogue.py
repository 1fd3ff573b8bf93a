"""All read models."""

from __future__ import annotations

from projections import (
    charger_use,
    chargers,
    decisions,
    grid_limits,
    rejections,
    session_requests,
    sessions,
    sites,
    transactions,
    vehicles,
)

PROJECTIONS = tuple(
    module.PROJECTION
    for module in (
        sites,
        vehicles,
        chargers,
        charger_use,
        grid_limits,
        session_requests,
        sessions,
        decisions,
        rejections,
        transactions,
    )
)
