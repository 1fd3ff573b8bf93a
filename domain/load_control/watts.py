"""Limits in W: a charger of several phases divides them in a way of its own, so each phase counts all until proven.

Only what a car draws on one phase, under a limit that would be lower divided, proves that the charger divides by its
phases: a car of three phases draws alike either way. The proof ends with other firmware, and by the opposite.
"""

from __future__ import annotations

from domain.load_control.context import KernelContext
from domain.load_control.ledger import Charger, Lease
from domain.load_control.meters import Meter
from domain.load_control.parameters import VERIFICATION_STEP_MA, tolerance_ma
from domain.load_control.trust import DISOBEDIENT
from domain.records.load import ObedienceProven, WattsDivided

ALARM = "no_room_to_prove"
BAND_MA = 700
"""A car that wants more stays this close below its part of a limit."""


def least_ma(charger: Charger) -> int:
    """The least limit that lets any car charge: without proof all its phases need their minimum from one limit."""
    if not charger.needs_proof():
        return charger.outlet.min_ma
    return min(charger.outlet.min_ma * len(charger.outlet.phases), charger.outlet.max_ma)


def watch_room(context: KernelContext, charger: Charger, most_ma: int) -> None:
    """Alarm people where a charger can't get what a car of all its phases needs before it has proven how it divides."""
    if not charger.needs_proof() or most_ma >= least_ma(charger):
        return context.all_clear(ALARM, charger.id)
    detail = (
        f"it takes W only, and there is room for {most_ma} mA where {least_ma(charger)} mA would prove how it divides"
    )
    return context.alarm(ALARM, charger.id, detail)


def watch_test_loads(context: KernelContext) -> None:
    """Alarm people where the attested test load is too small to show how a charger divides its limits."""
    for charger in list(context.ledger.chargers.values()):
        test = charger.commissioning
        if test is None or charger.verified or context.now_ms >= test.expires_ms or not charger.needs_proof():
            continue
        if charger.transactions and test.test_load_ma < least_ma(charger):
            detail = (
                f"it takes W only: a test load of {test.test_load_ma} mA is too small, it takes {least_ma(charger)} mA"
            )
            context.alarm(ALARM, charger.id, detail)


def proves_division(charger: Charger, lease: Lease, meter: Meter) -> bool:
    """Whether a car on one phase followed a decrease to its part of it."""
    if not charger.needs_proof() or not meter.is_of_one_phase or lease.limit_ma >= charger.outlet.max_ma:
        return False
    if lease.lowered_ms is None or meter.lowered_ms != lease.lowered_ms or meter.before_ma is None:
        return False
    part_ma = lease.limit_ma // len(charger.outlet.phases)
    fell = meter.before_ma >= meter.current_ma + VERIFICATION_STEP_MA
    follows = part_ma - BAND_MA <= meter.current_ma <= part_ma + tolerance_ma(part_ma)
    return fell and follows and part_ma >= charger.outlet.min_ma


def divided(context: KernelContext, charger: Charger, lease: Lease, meter: Meter) -> None:
    """It divides; and it followed a decrease."""
    context.add(_event(charger, lease, meter, divided=True))
    context.all_clear(ALARM, charger.id)
    if not charger.verified:
        before_ma = meter.before_ma or 0
        context.add(
            ObedienceProven(
                charger_id=charger.id, before_ma=before_ma, limit_ma=lease.limit_ma, measured_ma=meter.current_ma
            )
        )
        context.all_clear(DISOBEDIENT, charger.id)


def shows_no_division(charger: Charger, lease: Lease, meter: Meter, is_settled: bool) -> bool:
    """Whether one phase carries more than its part, and all phases no more than the whole: no disobedience."""
    if not (charger.in_watts and charger.divides and is_settled):
        return False
    whole_ma = lease.limit_ma * len(charger.outlet.phases)
    exceeds = meter.current_ma > lease.limit_ma + tolerance_ma(lease.limit_ma)
    return exceeds and meter.total_ma <= whole_ma + tolerance_ma(whole_ma)


def not_divided(context: KernelContext, charger: Charger, lease: Lease, meter: Meter) -> None:
    """The proof's opposite: the limit is written again, for one phase."""
    context.add(_event(charger, lease, meter, divided=False))


def _event(charger: Charger, lease: Lease, meter: Meter, *, divided: bool) -> WattsDivided:
    return WattsDivided(charger_id=charger.id, divided=divided, limit_ma=lease.limit_ma, measured_ma=meter.current_ma)
