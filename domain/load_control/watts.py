"""Limits in W: a charger of several phases divides them in a way of its own, so each phase counts all until proven.

Only what a car draws on one phase, under a limit that would be lower divided, shows whether the charger divides by its
phases: a car of three phases draws alike either way. Some chargers switch to one phase where a limit is low, so that
the proof is of what was written, and of more; it ends with other firmware, and by the opposite.

What one phase carries ends at the outlet's rating. So a limit at that rating leaves all phases together room to be
lowered in, by which a charger may show that it obeys, and how it divides, without a phase of which more is counted.
"""

from __future__ import annotations

from domain.load_control.context import KernelContext
from domain.load_control.ledger import Charger, Lease
from domain.load_control.meters import Meter
from domain.load_control.parameters import PROBE_PERMILLE, STEP_MA, VERIFICATION_STEP_MA
from domain.load_control.trust import DISOBEDIENT
from domain.records.load import ObedienceProven, WattsDivided

ALARM = "no_room_to_prove"
BAND_MA = 700
"""A car that wants more stays this close below its part of a limit."""


def needs_proof(charger: Charger) -> bool:
    """Whether it may put all of a limit in W on one phase."""
    return charger.in_watts and charger.divides_from_ma is None and len(charger.outlet.phases) > 1


def total_ma(charger: Charger, limit_ma: int) -> int:
    """What is written in W for a limit: of all phases together, so that none carries more than the limit.

    At the outlet's rating none can, however the charger divides it; nor with a test load that somebody attests.
    """
    whole_ma = limit_ma * len(charger.outlet.phases)
    transaction = charger.transaction
    attested = transaction is not None and transaction.commissioning and not charger.verified
    divided = charger.divides_from_ma is not None and whole_ma >= charger.divides_from_ma
    return whole_ma if divided or attested or limit_ma >= charger.outlet.max_ma else limit_ma


def written_ma(charger: Charger, lease: Lease) -> int:
    """What all phases together get by a lease in W."""
    return total_ma(charger, lease.limit_ma) if lease.total_ma is None else lease.total_ma


def least_ma(charger: Charger) -> int:
    """The least limit that lets any car charge: undivided all its phases need their minimum from one limit."""
    outlet, phases = charger.outlet, len(charger.outlet.phases)
    if not charger.in_watts or phases == 1:
        return outlet.min_ma
    undivided_ma = min(outlet.min_ma * phases, outlet.max_ma)
    if charger.divides_from_ma is None:
        return undivided_ma
    divided_ma = -(-charger.divides_from_ma // (phases * STEP_MA)) * STEP_MA
    return min(max(outlet.min_ma, divided_ma), undivided_ma)


def lowest_useful_ma(charger: Charger) -> int:
    """The least limit that lets some car charge: of one phase, where nothing shows that the charger divides."""
    return charger.outlet.min_ma if charger.divides_from_ma is None else least_ma(charger)


def watch_room(context: KernelContext, charger: Charger, most_ma: int) -> None:
    """Alarm people where a charger can't get what a car of all its phases needs before it has proven how it divides."""
    if not needs_proof(charger) or most_ma >= least_ma(charger):
        return context.all_clear(ALARM, charger.id)
    detail = (
        f"it takes W only, and there is room for {most_ma} mA where {least_ma(charger)} mA would prove how it divides"
    )
    return context.alarm(ALARM, charger.id, detail)


def test_ma(charger: Charger, lease: Lease, meter: Meter) -> int | None:
    """What all phases together are to be lowered to, so that the charger shows how it divides, or that it obeys.

    None: what its car draws now leaves nothing to be shown.
    """
    outlet = charger.outlet
    of_all_ma = outlet.min_ma * len(outlet.phases)
    written = written_ma(charger, lease)
    if meter.is_of_one_phase and not charger.undivided:
        shows = meter.current_ma >= outlet.min_ma + VERIFICATION_STEP_MA and of_all_ma < written
        return of_all_ma if shows else None
    if charger.verified:
        return None
    lowest_ma = outlet.min_ma if meter.is_of_one_phase else of_all_ma
    tested_ma = max(lowest_ma, meter.total_ma * PROBE_PERMILLE // 1000 // STEP_MA * STEP_MA)
    return tested_ma if tested_ma <= min(written, meter.total_ma - VERIFICATION_STEP_MA) else None


def proves_division(charger: Charger, lease: Lease, meter: Meter) -> bool:
    """Whether a car on one phase followed a decrease to its part of it."""
    outlet, phases = charger.outlet, len(charger.outlet.phases)
    if not charger.in_watts or phases == 1 or not meter.is_of_one_phase:
        return False
    written = written_ma(charger, lease)
    part_ma = written // phases
    known = charger.divides_from_ma is not None and written >= charger.divides_from_ma
    differs = min(written, outlet.max_ma) > charger.followed_ma(part_ma) + BAND_MA
    if known or not differs or part_ma < outlet.min_ma:
        return False
    if lease.lowered_ms is None or meter.lowered_ms != lease.lowered_ms or meter.before_ma is None:
        return False
    fell = meter.before_ma >= meter.current_ma + VERIFICATION_STEP_MA
    return fell and part_ma - BAND_MA <= meter.current_ma <= charger.followed_ma(part_ma)


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


def shows_no_division(charger: Charger, lease: Lease, meter: Meter) -> bool:
    """Whether one phase carries more than its part, and all phases no more than the whole: no disobedience.

    Of a charger that has proven nothing, only a car on one phase shows it.
    """
    if not charger.in_watts or len(charger.outlet.phases) == 1:
        return False
    whole_ma = written_ma(charger, lease)
    part_ma = whole_ma // len(charger.outlet.phases)
    if meter.current_ma <= charger.followed_ma(part_ma) or meter.total_ma > charger.followed_ma(whole_ma):
        return False
    if charger.divides_from_ma is not None:
        return meter.current_ma > charger.followed_ma(lease.limit_ma)
    return meter.is_of_one_phase and not charger.undivided


def not_divided(context: KernelContext, charger: Charger, lease: Lease, meter: Meter) -> None:
    """The proof's opposite: what is written is of one phase from now on."""
    context.add(_event(charger, lease, meter, divided=False))


def _event(charger: Charger, lease: Lease, meter: Meter, *, divided: bool) -> WattsDivided:
    return WattsDivided(
        charger_id=charger.id,
        divided=divided,
        limit_ma=written_ma(charger, lease),
        measured_ma=meter.current_ma,
    )
