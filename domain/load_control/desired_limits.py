"""The desired limits of a charger by the ledger, which its gateway reconciles."""

from __future__ import annotations

from collections.abc import Sequence

from domain.load_control.desired import Desired, DesiredFailsafe, DesiredLease
from domain.load_control.ledger import Charger, Ledger
from domain.load_control.ownership import owner
from domain.load_control.watts import total_ma
from domain.records import Payload
from domain.records.load import (
    ChargerConnected,
    ChargerDisconnected,
    ClockLearnt,
    FailsafeDesired,
    LeaseEnded,
    LimitDesired,
    LimitsRenewed,
)


def changed_by(ledger: Ledger, event: Payload) -> Sequence[Desired]:
    """The desired limits, after an event, of each charger that it concerns."""
    match event:
        case ChargerConnected() | ChargerDisconnected() | FailsafeDesired() | LimitDesired() | LeaseEnded():
            return [desired_of(ledger, ledger.chargers[event.charger_id])]
        case ClockLearnt():
            return [desired_of(ledger, ledger.chargers[event.charger_id])]
        case LimitsRenewed():
            return [desired_of(ledger, ledger.chargers[limit.charger_id]) for limit in event.limits]
    return ()


def desired_of(ledger: Ledger, charger: Charger) -> Desired:
    failsafe, held = charger.failsafe, charger.lease
    lease = None
    if held is not None:
        connectors = {one.id: one.evse_id for one in charger.transactions}
        lease = DesiredLease(
            held.transaction_id,
            held.limit_ma,
            held.ask.generation,
            held.valid_until_ms,
            connectors.get(held.transaction_id, 1),
            total_ma(charger, held.limit_ma) if held.total_ma is None else held.total_ma,
        )
    return Desired(
        charger_id=charger.id,
        site_id=ledger.site_id,
        phases=len(charger.outlet.phases),
        floor=DesiredFailsafe(failsafe.desired_ma, failsafe.ask.generation) if failsafe.ask.generation else None,
        lease=lease,
        owner=owner(charger),
        clock_offset_ms=charger.clock_ms or 0,
    )
