"""The chargers of a site: whether each is connected, and its status. One that fails or returns is urgent."""

from __future__ import annotations

from dataclasses import replace

from domain.electrical.outlet_id import WHOLE, evse_of
from domain.records.load import ChargerConnected, ChargerDisconnected, ChargerStatusChanged
from domain.records.sites import SiteChargerChanged
from domain.records.words import OUT_OF_SERVICE
from domain.site.context import SiteContext
from domain.site.ending import end
from domain.site.state import SiteCharger, has_failed


def connected(context: SiteContext, event: ChargerConnected) -> None:
    charger = context.charger(event.charger_id)
    _change(context, charger, replace(charger, connected=True))


def disconnected(context: SiteContext, event: ChargerDisconnected) -> None:
    charger = context.charger(event.charger_id)
    _change(context, charger, replace(charger, connected=False))


def status_changed(context: SiteContext, event: ChargerStatusChanged) -> None:
    """The status of the outlet's connector, or of its charger as a whole (connector 0); no other concerns the outlet.

    Some chargers report their connector as the whole: until they report the connector, that counts.
    """
    charger = context.charger(event.charger_id)
    if event.evse_id == evse_of(event.charger_id):
        _change(context, charger, replace(charger, own_status=event.status))
        if event.status == "available":
            _end_unplugged(context, event.charger_id)
    elif event.evse_id == WHOLE:
        failed = event.status in OUT_OF_SERVICE
        unknown = charger.own_status == "unavailable" and not failed
        own_status = event.status if unknown else charger.own_status
        _change(
            context, charger, replace(charger, own_status=own_status, whole_status=event.status if failed else None)
        )


def _end_unplugged(context: SiteContext, charger_id: str) -> None:
    """The car of a session whose transaction is over has left."""
    session = context.site.session_at(charger_id)
    if session is not None and session.interrupted:
        end(context, session, "completed", "unplugged")


def _change(context: SiteContext, charger: SiteCharger, after: SiteCharger) -> None:
    if after == charger:
        return
    charger_id = charger.outlet.id
    context.add(
        SiteChargerChanged(
            charger_id=charger_id,
            connected=after.connected,
            status=after.own_status,
            whole_status=after.whole_status,
        )
    )
    context.urgent |= has_failed(charger) != has_failed(context.site.chargers[charger_id])
