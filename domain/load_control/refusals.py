"""Readings that physics contradicts: events, rarely repeated, and alarms in the name of the charger they are about."""

from __future__ import annotations

from typing import Literal

from domain.electrical.growth import COARSE_WH
from domain.load_control.confirmations import is_triggerable, trigger
from domain.load_control.context import KernelContext
from domain.load_control.ledger import Charger
from domain.load_control.meters import Meter
from domain.load_control.parameters import REFUSED_EVENT_MS, TRUST_AGAIN_MS
from domain.records.load import RatingExceeded, RatingKept, ReadingRefused
from domain.records.observations import Metered

Quantity = Literal["current", "power", "energy"]
IMPOSSIBLE = "impossible_current"
UNSEEN = "no_power"
CONTRADICTORY = "reading_refused"


def watch_current(context: KernelContext, charger: Charger, reading: Metered, meter: Meter) -> None:
    """Record and alarm a current that is refused; an outlet of which it is affirmed gets no current."""
    if meter.impossible is not None:
        _refuse_impossible(context, charger, reading, meter, meter.impossible.current_ma)
    elif not meter.believed:
        if _record(context, charger, reading, "current", meter.least_ma, meter.reason):
            context.alarm(CONTRADICTORY, charger.id, meter.reason)
    else:
        if charger.exceeds_rating and meter.possible_ms is not None:
            if meter.at_ms < meter.possible_ms + TRUST_AGAIN_MS:
                return
            context.add(RatingKept(charger_id=charger.id))
        context.all_clear(IMPOSSIBLE, charger.id)


def _refuse_impossible(
    context: KernelContext, charger: Charger, reading: Metered, meter: Meter, measured_ma: int
) -> None:
    """Alarm people at the first value, and ask for a second one at once."""
    if reading.current_ma is None and reading.power_w is not None:
        recorded = _record(context, charger, reading, "power", reading.power_w, meter.reason)
    else:
        recorded = _record(context, charger, reading, "current", measured_ma, meter.reason)
    if recorded or meter.affirmed:
        context.alarm(IMPOSSIBLE, charger.id, meter.reason)
    if meter.affirmed and not charger.exceeds_rating:
        context.add(RatingExceeded(charger_id=charger.id, measured_ma=measured_ma, rated_ma=charger.outlet.max_ma))
    if not meter.affirmed and is_triggerable(charger, context.now_ms):
        trigger(context, charger, reading.evse_id)


def watch_growth(context: KernelContext, charger: Charger, reading: Metered) -> None:
    """Alarm people where nothing that a charger reports shows what it draws."""
    energy = context.observations.metered_energy(charger.id)
    if reading.current_ma is not None or reading.power_w is not None:
        context.all_clear(UNSEEN, charger.id)
    elif energy is not None and energy.is_metered and energy.energy_wh > 0 and energy.courses[0].step_wh > COARSE_WH:
        detail = f"it reports no current, no power, and energy in steps of {energy.courses[0].step_wh} Wh"
        context.alarm(UNSEEN, charger.id, f"{detail}: what it draws can't be seen")


def watch_energy(context: KernelContext, charger: Charger, reading: Metered) -> None:
    """Record a value of the energy register that is not believed; where the next one is not either, alarm people."""
    energy = context.observations.metered_energy(charger.id)
    if reading.energy_wh is None or energy is None or not charger.transactions:
        return None
    if energy.verdict == "believed":
        return context.all_clear(CONTRADICTORY, charger.id)
    estimated = energy.verdict == "estimated"
    _record(context, charger, reading, "energy", reading.energy_wh, energy.reason, estimated=estimated)
    if energy.refusals > 1:
        context.alarm(CONTRADICTORY, charger.id, energy.reason)
    return None


def _record(
    context: KernelContext,
    charger: Charger,
    reading: Metered,
    quantity: Quantity,
    value: int,
    reason: str,
    *,
    estimated: bool = False,
) -> bool:
    """Whether it was recorded: such an event is not repeated soon."""
    known_ms = charger.refused_ms.get(quantity)
    if known_ms is not None and context.now_ms < known_ms + REFUSED_EVENT_MS:
        return False
    context.add(
        ReadingRefused(
            charger_id=charger.id,
            evse_id=reading.evse_id,
            connector_id=reading.connector_id,
            transaction_id=reading.transaction_id,
            quantity=quantity,
            value=value,
            reason=reason,
            estimated=estimated,
        )
    )
    return True
