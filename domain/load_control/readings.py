"""Which meter values matter: those that show how a charger complies, or change what it counts at."""

from __future__ import annotations

from dataclasses import replace

from domain.load_control.compliance import judge
from domain.load_control.confirmations import watch_idle
from domain.load_control.context import KernelContext
from domain.load_control.counting import counted_ma
from domain.load_control.meters import metered_outlet
from domain.records.observations import Metered


def metered(context: KernelContext, event: Metered) -> None:
    """Judge a reading that was taken in just now; one of an outage is history."""
    charger = metered_outlet(context.ledger, event)
    if charger is None:
        context.outlets(event.charger_id)
        return
    meter = context.meter(charger)
    if not event.fresh or meter is None or meter.at_ms != context.now_ms:
        return
    if charger.transactions:
        judge(context, charger, meter)
    else:
        watch_idle(context, charger, meter)
    before = replace(meter, current_ma=meter.previous_ma)
    changed = context.counted_ma(charger) != counted_ma(charger, before, context.now_ms)
    context.reassess = changed or ("meter_silent", charger.id) in context.ledger.alarms
