"""All read models."""

from __future__ import annotations

from projections import (
    accounts,
    alarms,
    cards,
    charger_events,
    charger_use,
    chargers,
    decisions,
    enterprises,
    grid_limits,
    priority_audit,
    rejections,
    session_requests,
    session_transactions,
    sessions,
    signed_values,
    sites,
    transactions,
    vehicles,
)

PROJECTIONS = tuple(
    module.PROJECTION
    for module in (
        accounts,
        enterprises,
        sites,
        vehicles,
        cards,
        chargers,
        charger_use,
        alarms,
        charger_events,
        grid_limits,
        session_requests,
        sessions,
        session_transactions,
        signed_values,
        decisions,
        priority_audit,
        rejections,
        transactions,
    )
)
