"""Which meter values matter: those that show how a charger complies, or change what it counts at."""

from __future__ import annotations

from dataclasses import replace

from domain.load_control import signed_values
from domain.load_control.clocks import learn
from domain.load_control.compliance import judge
from domain.load_control.confirmations import watch_idle
from domain.load_control.context import KernelContext
from domain.load_control.counting import counted_ma
from domain.load_control.meters import concerns, metered_outlet
from domain.load_control.refusals import watch_current, watch_energy, watch_growth
from domain.records.observations import Metered


def metered(context: KernelContext, event: Metered) -> None:
    """Judge a reading that was taken in just now; what is not believed is recorded, and proves nothing.

    Raises `DomainError` for a charger that is not the site's.
    """
    context.outlets(event.charger_id)
    charger = metered_outlet(context.ledger, event)
    if charger is None:
        return
    signed_values.receive(context, charger, event)
    learn(context, charger, event)
    if not concerns(context.charger(charger.id), event, context.now_ms):
        return
    watch_energy(context, charger, event)
    watch_growth(context, charger, event)
    meter = context.meter(charger)
    if meter is None or meter.at_ms != context.now_ms:
        return
    watch_current(context, charger, event, meter)
    if meter.believed and charger.transactions:
        judge(context, context.charger(charger.id), meter)
    elif meter.believed:
        watch_idle(context, charger, meter)
    before = replace(meter, current_ma=meter.previous_ma)
    changed = context.counted_ma(charger) != counted_ma(charger, before, context.now_ms)
    context.reassess = changed or ("meter_silent", charger.id) in context.ledger.alarms
