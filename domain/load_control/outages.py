"""Outages: an outlet that reports Faulted is alarmed once, however often its status changes within an hour."""

from __future__ import annotations

from domain.electrical.outlet_id import WHOLE, evse_of
from domain.load_control.context import KernelContext
from domain.load_control.ledger import Charger

ALARM = "faulted"
QUIET_MS = 3_600_000
"""A fault that comes again within this time is of the same outage: so flapping is one note, and then hourly at most."""


def watch(context: KernelContext) -> None:
    """Alarm outages, and clear the alarm of an outlet that has been free of faults for long enough."""
    for charger in list(context.ledger.chargers.values()):
        error = fault(charger)
        if error is not None:
            named = "" if error == "no_error" else f": {error.replace('_', ' ')}"
            context.alarm(ALARM, charger.id, f"it is out of order{named}")
        elif charger.faulted_ms is not None and context.now_ms >= charger.faulted_ms + QUIET_MS:
            context.all_clear(ALARM, charger.id)


def fault(charger: Charger) -> str | None:
    """The error that the outlet reports, or its charger as a whole; None: it reports none."""
    reported = (charger.statuses.get(str(one), ("", "")) for one in (WHOLE, evse_of(charger.id)))
    return next((error for status, error in reported if status == "faulted"), None)
