"""Decreases that are not confirmed yet: meter values are requested, and people alarmed where nothing helps."""

from __future__ import annotations

from domain.load_control.context import KernelContext
from domain.load_control.counting import draws_idle
from domain.load_control.ledger import Charger, Transaction
from domain.load_control.meters import Meter, Meters
from domain.load_control.ownership import connected_gateway
from domain.load_control.parameters import (
    CONFIRM_MS,
    REFUSED_ALARM,
    SILENT_METER_MS,
    STALE_METER_MS,
    TRIGGER_MS,
    UNCONFIRMED_ALARM_MS,
)
from domain.load_control.verification import is_probed
from domain.records import derived_id
from domain.records.load import CommandRequested


def request_overdue(context: KernelContext) -> None:
    """Request the meter values that are overdue of chargers in transactions, and raise the alarms about them."""
    for charger in list(context.ledger.chargers.values()):
        if charger.transaction is None or not charger.connected:
            continue
        due_ms = confirmation_due_ms(charger, context.now_ms)
        if due_ms is not None and due_ms <= context.now_ms:
            trigger(context, charger, charger.transaction.evse_id)
        _watch_unconfirmed(context, charger)
        _watch_meter(context, charger, charger.transaction)
    for charger in list(context.ledger.chargers.values()):
        _watch_refusals(context, charger)


def confirmation_due_ms(charger: Charger, now_ms: int) -> int | None:
    """The time at which to request the meter value that confirms a decrease (or verifies compliance by one), ms UTC."""
    lease = charger.lease
    if lease is None or lease.ask.accepted_ms is None or not charger.can_trigger:
        return None
    unconfirmed = charger.possible_ma(now_ms) > lease.limit_ma
    if not unconfirmed or not (charger.verified or is_probed(charger, now_ms)):
        return None
    first_ms = lease.ask.accepted_ms + CONFIRM_MS
    if charger.triggered_ms < lease.ask.accepted_ms:
        return first_ms
    return max(first_ms, charger.triggered_ms + TRIGGER_MS)


def is_triggerable(charger: Charger, now_ms: int) -> bool:
    """Whether a meter value can be requested, and none was a moment ago."""
    return charger.connected and charger.can_trigger and now_ms >= charger.triggered_ms + TRIGGER_MS


def trigger(context: KernelContext, charger: Charger, evse_id: int) -> None:
    """Request a meter value of a connector now."""
    command_id = derived_id(charger.id, "meter", charger.generation, context.now_ms)
    request_message(context, charger, evse_id, "MeterValues", command_id)


def request_message(context: KernelContext, charger: Charger, evse_id: int, message: str, command_id: str) -> None:
    """Request a message of OCPP that is about a connector, by TriggerMessage."""
    context.add(
        CommandRequested(
            command_id=command_id,
            charger_id=charger.id,
            action="trigger",
            arguments={"requested_message": message, "connector_id": str(evse_id)},
            expires_ms=context.now_ms + TRIGGER_MS,
            gateway_id=connected_gateway(charger),
        )
    )


def _watch_unconfirmed(context: KernelContext, charger: Charger) -> None:
    lease = charger.lease
    lowered_ms = lease.lowered_ms if lease else None
    if not charger.verified or lease is None or lowered_ms is None:
        return
    if charger.possible_ma(context.now_ms) <= lease.limit_ma:
        context.all_clear("unconfirmed", charger.id)
    elif context.now_ms >= lowered_ms + UNCONFIRMED_ALARM_MS:
        context.alarm("unconfirmed", charger.id, f"no meter value confirms that it keeps {lease.limit_ma} mA")


def _watch_meter(context: KernelContext, charger: Charger, transaction: Transaction) -> None:
    """Watch for silent meters: meter values are requested, at last people alarmed. The counted load stays."""
    read_ms = last_reading_ms(charger, transaction, context.observations)
    if context.now_ms < read_ms + STALE_METER_MS:
        return context.all_clear("meter_silent", charger.id)
    if is_triggerable(charger, context.now_ms):
        trigger(context, charger, transaction.evse_id)
    if context.now_ms >= read_ms + SILENT_METER_MS:
        context.alarm("meter_silent", charger.id, "no meter value for more than 5 minutes of a transaction")
    return None


def watch_idle(context: KernelContext, charger: Charger, meter: Meter) -> None:
    """Watch for current without a transaction; before a permitted start is recorded it is expected."""
    if not draws_idle(charger, meter, context.now_ms):
        context.all_clear("idle_current", charger.id)
    elif charger.permit is None or not charger.permit.is_reserved(context.now_ms):
        context.alarm("idle_current", charger.id, f"it draws {meter.current_ma} mA without a transaction")


def last_reading_ms(charger: Charger, transaction: Transaction, meters: Meters) -> int:
    """When the charger's current was last known; what was learnt before a loss of state counts from that loss."""
    meter = meters.of.get(charger.id)
    return max(transaction.started_ms, meters.since_ms if meter is None else meter.at_ms)


def alarm_refusals(context: KernelContext, charger: Charger, detail: str = "") -> None:
    """Raise the alarm about limits that were not accepted again and again; `detail` says what was tried."""
    if _failures(charger) >= REFUSED_ALARM:
        reason = "it refuses limits, or does not answer to them, again and again"
        context.alarm("limit_refused", charger.id, f"{reason}: {detail}" if detail else reason)


def _watch_refusals(context: KernelContext, charger: Charger) -> None:
    alarm_refusals(context, charger)
    if _failures(charger) == 0:
        context.all_clear("limit_refused", charger.id)


def _failures(charger: Charger) -> int:
    return max(charger.failsafe.ask.failures, charger.lease.ask.failures if charger.lease else 0)
