"""Sockets, boots, statuses and answers of chargers, as facts."""

from __future__ import annotations

from domain.errors import DomainError
from domain.load_control.context import KernelContext
from domain.load_control.evolve import firmware_of
from domain.load_control.parameters import MAX_CONNECTOR
from domain.records.load import (
    ChargerBooted,
    ChargerConnected,
    ChargerDisconnected,
    ChargerStatusChanged,
    ObedienceVoided,
    ProfileAnswered,
)
from domain.records.observations import Booted, Connected, Disconnected, ProfileAnswer, Status

OTHER_FIRMWARE = "other firmware has proven nothing yet"


def connected(context: KernelContext, told: Connected) -> None:
    """A socket takes over from any older one. What the charger holds is told again, whatever it may remember.

    One that was given up by mistake takes over from none.
    """
    charger = context.charger(told.charger_id)
    if told.again and (charger.connected or charger.connection_id != told.connection_id):
        return
    context.add(
        ChargerConnected(
            charger_id=charger.id,
            connection_id=told.connection_id,
            gateway_id=told.gateway_id,
            epoch=charger.epoch + 1,
        )
    )


def disconnected(context: KernelContext, told: Disconnected) -> None:
    """Counts for the newest socket only: the old one's close must not mark the charger offline."""
    charger = context.charger(told.charger_id)
    if charger.connected and charger.connection_id == told.connection_id:
        context.add(ChargerDisconnected(charger_id=charger.id, connection_id=told.connection_id, reason=told.reason))


def booted(context: KernelContext, told: Booted) -> None:
    """A boot neither begins nor ends transactions; other firmware voids what was proven."""
    charger = context.charger(told.charger_id)
    event = ChargerBooted(charger_id=charger.id, vendor=told.vendor, model=told.model, firmware=told.firmware)
    context.add(event)
    if charger.proven and charger.firmware and charger.firmware != firmware_of(event):
        context.add(ObedienceVoided(charger_id=charger.id, reason=OTHER_FIRMWARE, limit_ma=0, measured_ma=0))


def status_changed(context: KernelContext, told: Status) -> None:
    """Statuses are told on, and keep starts from failed chargers; what is counted follows from meters and limits."""
    charger = context.charger(told.charger_id)
    if not 0 <= told.connector_id <= MAX_CONNECTOR:
        raise DomainError(f"must lie in 0..{MAX_CONNECTOR}", field="connector_id", rule="load_control.status.v1")
    if charger.statuses.get(str(told.connector_id)) != (told.status, told.error_code):
        context.add(
            ChargerStatusChanged(
                charger_id=charger.id,
                connector_id=told.connector_id,
                status=told.status,
                error_code=told.error_code,
            )
        )


def answered(context: KernelContext, told: ProfileAnswer) -> None:
    """The answer to the newest wish; an old generation's says nothing any more."""
    charger = context.charger(told.charger_id)
    asks = {"failsafe": charger.floor.ask, "lease": charger.lease.ask if charger.lease else None}
    ask = asks[told.purpose]
    if ask is not None and ask.generation == told.generation and not _is_old_news(ask.accepted_ms, told.status):
        context.add(
            ProfileAnswered(charger_id=charger.id, purpose=told.purpose, generation=told.generation, status=told.status)
        )


def _is_old_news(accepted_ms: int | None, status: str) -> bool:
    """It was accepted already; only a refusal would be new."""
    return accepted_ms is not None and status in ("accepted", "timeout", "offline")
