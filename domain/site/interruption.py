"""Interruptions: a transaction that ended though its car is still plugged in and its driver did not end it.

Some chargers end a transaction that gets no current, and those that lost their power begin anew. The session then keeps
its outlet and its place; it goes on with the next transaction there, which its card or the platform (`resumption.py`)
starts. That a car was unplugged is only said of a cable that is out.
"""

from __future__ import annotations

from domain.records.load import TransactionStopped
from domain.site.session import Session
from domain.site.state import SiteCharger

BY_HAND = frozenset(
    {"ev_disconnected", "unlock_command", "remote", "de_authorized", "emergency_stop", "closed_by_operator"}
)
"""Reasons of a stop that somebody wanted (OCPP 1.6, StopTransaction)."""
STOP_MS = 60_000
"""How long after its card was presented a stop is the driver's."""


def interruption(charger: SiteCharger, session: Session, event: TransactionStopped, now_ms: int) -> str | None:
    """Why the session goes on without its transaction; None: it is over."""
    if event.reason == "restarted":
        return "the charger began anew with the cable in"
    if event.reason == "stop_lost":
        return None
    wanted = event.reason in BY_HAND or now_ms < charger.card_ms + STOP_MS
    if session.state != "paused" or wanted or charger.own_status == "available":
        return None
    return "the charger ended the transaction while it was paused"
