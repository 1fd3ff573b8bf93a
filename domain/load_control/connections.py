"""Sockets, boots, statuses and answers of chargers, as facts."""

from __future__ import annotations

from domain.electrical.outlet_id import WHOLE
from domain.errors import DomainError
from domain.load_control import clocks
from domain.load_control.confirmations import alarm_refusals
from domain.load_control.context import KernelContext
from domain.load_control.ledger import Charger
from domain.load_control.parameters import MAX_CONNECTOR
from domain.load_control.verification import OTHER_FIRMWARE, firmware_of
from domain.records.load import (
    ChargerBooted,
    ChargerConnected,
    ChargerDisconnected,
    ChargerStatusChanged,
    ObedienceVoided,
    ProfileAnswered,
)
from domain.records.observations import Booted, Connected, Disconnected, ProfileAnswer, Status


def connected(context: KernelContext, report: Connected) -> None:
    """A new socket becomes the owner in place of any older one. The charger's limits are sent again in any case.

    A report `again`, of a connection that was given up by mistake, replaces no other connection.
    """
    for charger in context.outlets(report.charger_id):
        if report.again and (charger.connected or charger.connection_id != report.connection_id):
            continue
        context.add(
            ChargerConnected(
                charger_id=charger.id,
                connection_id=report.connection_id,
                gateway_id=report.gateway_id,
                epoch=charger.epoch + 1,
            )
        )


def disconnected(context: KernelContext, report: Disconnected) -> None:
    """Counts for the newest socket only: the old one's close must not mark the charger offline."""
    for charger in context.outlets(report.charger_id):
        if charger.connected and charger.connection_id == report.connection_id:
            context.add(
                ChargerDisconnected(charger_id=charger.id, connection_id=report.connection_id, reason=report.reason)
            )


def booted(context: KernelContext, report: Booted) -> None:
    """A boot neither begins nor ends transactions; other firmware voids the verification."""
    for charger in context.outlets(report.charger_id):
        event = ChargerBooted(charger_id=charger.id, vendor=report.vendor, model=report.model, firmware=report.firmware)
        context.add(event)
        clocks.forget(context, charger)
        if charger.verified and charger.firmware and charger.firmware != firmware_of(event):
            context.add(ObedienceVoided(charger_id=charger.id, reason=OTHER_FIRMWARE, limit_ma=0, measured_ma=0))


def status_changed(context: KernelContext, report: Status) -> None:
    """A status is published, and one of failure prevents starts; what is counted follows from meters and limits.

    Connector 0 is the charger as a whole, so its status is that of each outlet.
    """
    if not WHOLE <= report.evse_id <= MAX_CONNECTOR:
        raise DomainError(f"must lie in 0..{MAX_CONNECTOR}", field="evse_id", rule="load_control.status.v1")
    whole = report.evse_id == WHOLE
    concerned = context.outlets(report.charger_id) if whole else [context.outlet(report.charger_id, report.evse_id)]
    for charger in concerned:
        changed = charger.statuses.get(str(report.evse_id)) != (report.status, report.error_code)
        doubted = charger.accepts(report.evse_id) and charger.is_contradicted_by(report.status)
        if changed or (doubted and _is_new_evidence(context, charger)):
            context.add(
                ChargerStatusChanged(
                    charger_id=charger.id,
                    evse_id=report.evse_id,
                    connector_id=report.connector_id,
                    status=report.status,
                    error_code=report.error_code,
                    detail=report.detail,
                )
            )


def _is_new_evidence(context: KernelContext, charger: Charger) -> bool:
    """Whether a status says more than the doubt that there is: none yet, or current was metered since."""
    meter = context.meter(charger)
    return charger.doubted_ms is None or (meter is not None and meter.at_ms > charger.doubted_ms)


def answered(context: KernelContext, report: ProfileAnswer) -> None:
    """The answer to the newest limit; an answer to an older generation is ignored."""
    charger = context.charger(report.charger_id)
    asks = {"failsafe": charger.failsafe.ask, "lease": charger.lease.ask if charger.lease else None}
    ask = asks[report.purpose]
    if ask is not None and ask.generation == report.generation and not _adds_nothing(ask.accepted_ms, report.status):
        context.add(
            ProfileAnswered(
                charger_id=charger.id,
                purpose=report.purpose,
                generation=report.generation,
                status=report.status,
                unit=report.unit,
                replaces_failsafe=report.replaces_failsafe,
            )
        )
        alarm_refusals(context, context.charger(charger.id), report.detail)


def _adds_nothing(accepted_ms: int | None, status: str) -> bool:
    """It was accepted already; only a refusal would be new."""
    return accepted_ms is not None and status in ("accepted", "timeout", "offline")
