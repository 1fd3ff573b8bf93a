"""The start of a transaction by the platform, for a session that was interrupted: `sites` asks, and has a permit."""

from __future__ import annotations

from domain.electrical.outlet_id import evse_of
from domain.load_control.context import KernelContext
from domain.load_control.ownership import connected_gateway
from domain.records import derived_id
from domain.records.load import CommandRequested
from domain.records.sites import ResumeRequested


def start(context: KernelContext, event: ResumeRequested) -> None:
    """Ask the charger to start with the session's token, unless it began or was lost meanwhile."""
    charger = context.charger(event.charger_id)
    if charger.transactions or not charger.connected:
        return
    context.add(
        CommandRequested(
            command_id=derived_id(event.request_id, "resume"),
            charger_id=charger.id,
            action="remote_start",
            arguments={"connector_id": str(evse_of(charger.id)), "token_ref": event.token_ref},
            expires_ms=event.expires_ms,
            gateway_id=connected_gateway(charger),
        )
    )
