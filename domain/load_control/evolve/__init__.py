"""The ledger after each of the kernel's own events, a module for each concept."""

from __future__ import annotations

from domain.load_control.evolve import compliance, connections, limits, site, transactions
from domain.load_control.ledger import Ledger, with_charger
from domain.records import Payload

OF_SITE = site.OF_SITE | connections.OF_SITE | limits.OF_SITE | transactions.OF_SITE
OF_CHARGER = connections.OF_CHARGER | transactions.OF_CHARGER | limits.OF_CHARGER | compliance.OF_CHARGER


def evolve(ledger: Ledger, event: Payload, time_ms: int) -> Ledger:
    """The ledger after one of the stream's own events; one that only informs others leaves it as it is."""
    of_site = OF_SITE.get(type(event))
    if of_site is not None:
        return of_site(ledger, event, time_ms)
    of_charger = OF_CHARGER.get(type(event))
    if of_charger is not None:
        charger_id: str = event.charger_id  # type: ignore[attr-defined]
        return with_charger(ledger, of_charger(ledger.chargers[charger_id], event, time_ms))
    return ledger
