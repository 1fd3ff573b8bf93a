"""The chargers of a site: whether each is connected, and its status. One that fails or returns is urgent."""

from __future__ import annotations

from domain.records.load import ChargerConnected, ChargerDisconnected, ChargerStatusChanged
from domain.records.sites import SiteChargerChanged
from domain.site.context import SiteContext
from domain.site.state import SiteCharger, has_failed


def connected(context: SiteContext, event: ChargerConnected) -> None:
    charger = context.charger(event.charger_id)
    _change(context, charger, connected=True, status=charger.status)


def disconnected(context: SiteContext, event: ChargerDisconnected) -> None:
    charger = context.charger(event.charger_id)
    _change(context, charger, connected=False, status=charger.status)


def status_changed(context: SiteContext, event: ChargerStatusChanged) -> None:
    """The status of the charger's connector; that of the charger as a whole (connector 0) only ends `Unavailable`."""
    charger = context.charger(event.charger_id)
    if event.connector_id == 0 and event.status == "Available" and charger.status != "Unavailable":
        return
    _change(context, charger, connected=charger.connected, status=event.status)


def _change(context: SiteContext, charger: SiteCharger, *, connected: bool, status: str) -> None:
    if (connected, status) == (charger.connected, charger.status):
        return
    charger_id = charger.outlet.id
    context.add(SiteChargerChanged(charger_id=charger_id, connected=connected, status=status))
    context.urgent |= has_failed(charger) != has_failed(context.site.chargers[charger_id])
