"""Statuses that may be out of date: they are requested again, so that no state depends on one message.

Without a transaction a connector that is not Available is in nobody's use, and yet serves nobody. In one of which
nothing is metered by its name it may long be Available: its stop and its status may both have been lost.
"""

from __future__ import annotations

from domain.electrical.outlet_id import evse_of
from domain.load_control.confirmations import request_message
from domain.load_control.context import KernelContext
from domain.load_control.ledger import Charger
from domain.load_control.meters import Meter
from domain.load_control.parameters import IDLE_MA, STATUS_MS
from domain.records import derived_id
from domain.records.load import STATUS_NOTIFICATION


def request_doubtful(context: KernelContext) -> None:
    """Request the statuses that may be out of date, each once in a while."""
    for charger in list(context.ledger.chargers.values()):
        if not charger.connected or not charger.can_trigger:
            continue
        is_due = context.now_ms >= charger.status_ms + STATUS_MS and _is_doubtful(charger, context.meter(charger))
        if is_due or _may_be_over(charger):
            command_id = derived_id(charger.id, "status", charger.status_ms, context.now_ms)
            request_message(context, charger, evse_of(charger.id), STATUS_NOTIFICATION, command_id)


def _may_be_over(charger: Charger) -> bool:
    """Whether there was a card of another car, or a stop of no name, since its status is known: it may be over."""
    hints_ms = (charger.other_card_ms, charger.unnamed_stop_ms)
    return any(at_ms is not None and charger.status_ms < at_ms for at_ms in hints_ms)


def _is_doubtful(charger: Charger, meter: Meter | None) -> bool:
    if not charger.transactions:
        return charger.serves_nobody()
    return meter is None or (not meter.names_transaction and meter.current_ma <= IDLE_MA)


def request_due_ms(charger: Charger) -> int | None:
    """When to request the status of an outlet without a transaction; in one, it is looked at on every tick."""
    return charger.status_ms + STATUS_MS if charger.can_trigger and charger.serves_nobody() else None
