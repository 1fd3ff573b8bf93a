"""The counted load of a charger: what it may draw in the worst case (mA per phase)."""

from __future__ import annotations

from domain.load_control.ledger import Charger
from domain.load_control.meters import Meter
from domain.load_control.parameters import IDLE_MA, IDLE_READING_MS, STEP_MA, tolerance_ma


def counted_ma(charger: Charger, meter: Meter | None, now_ms: int) -> int:
    """The worst case now; a reading that contradicted the ledger when it was taken counts instead, in whole amps up."""
    worst_ma = _worst_ma(charger, meter, now_ms)
    if meter is None or not meter.contradicts or meter.current_ma <= worst_ma + tolerance_ma(worst_ma):
        return worst_ma
    if not charger.transactions and not draws_idle(charger, meter, now_ms):
        return worst_ma
    return -(-meter.current_ma // STEP_MA) * STEP_MA


def _worst_ma(charger: Charger, meter: Meter | None, now_ms: int) -> int:
    if charger.transactions:
        if len(charger.transactions) > 1:
            return charger.outlet.max_ma  # one lease can't hold two connectors
        return held_ma(charger, now_ms) if charger.verified else unverified_ma(charger, meter, now_ms)
    reserved_ma = permitted_ma(charger, meter, now_ms)
    if charger.uncertain is not None and is_uncertain(charger, meter):
        reserved_ma = max(reserved_ma, charger.uncertain.most_ma)
    if not charger.was_ever_connected():
        return reserved_ma  # registered, but nobody has seen it energised, and it had no permit
    if not charger.may_hide_start(now_ms) and not draws_idle(charger, meter, now_ms):
        return reserved_ma
    # Offline it may have started by itself; what draws without a transaction is held by the fail-safe limit alone.
    alone_ma = charger.failsafe_ma(now_ms) if charger.verified else unverified_ma(charger, meter, now_ms)
    return max(alone_ma, reserved_ma)


def is_uncertain(charger: Charger, meter: Meter | None) -> bool:
    """Whether an outlet may still draw after a transaction that ended by evidence: no reading of 0 A has come since."""
    if charger.uncertain is None:
        return False
    return meter is None or meter.at_ms <= charger.uncertain.since_ms or meter.current_ma > IDLE_MA


def draws_idle(charger: Charger, meter: Meter | None, now_ms: int) -> bool:
    """Whether current was measured lately, of an outlet that has no transaction and is not Available since."""
    if meter is None or meter.at_ms <= charger.available_ms:
        return False
    return meter.current_ma > IDLE_MA and now_ms < meter.at_ms + IDLE_READING_MS


def held_ma(charger: Charger, now_ms: int) -> int:
    """What a compliant charger may draw in a transaction: any lease that may be in force or, cut off, its fail-safe."""
    return max(charger.possible_ma(now_ms), charger.failsafe_ma(now_ms))


def unverified_ma(charger: Charger, meter: Meter | None, now_ms: int) -> int:
    """The physical maximum; less only while an operator attests a test load, and the meter does not contradict."""
    test = charger.commissioning
    if test is None or test.expires_ms <= now_ms:
        return charger.outlet.max_ma
    if meter is not None and meter.current_ma > test.test_load_ma + tolerance_ma(test.test_load_ma):
        return charger.outlet.max_ma
    return min(charger.outlet.max_ma, test.test_load_ma)


def permitted_ma(charger: Charger, meter: Meter | None, now_ms: int) -> int:
    """The room reserved for a start."""
    if charger.permit is None or not charger.permit.is_reserved(now_ms):
        return 0
    return max(charger.permit.start_ma, start_ma(charger, meter, now_ms))


def start_ma(charger: Charger, meter: Meter | None, now_ms: int) -> int:
    """What a transaction may draw from its first moment, when only the fail-safe limit holds it, if that is sure."""
    return charger.failsafe_ma(now_ms) if charger.verified else unverified_ma(charger, meter, now_ms)


def is_lowerable(charger: Charger, now_ms: int) -> bool:
    """Whether a lower target lowers what it is counted at."""
    return (
        charger.is_steerable()
        and charger.verified
        and len(charger.transactions) == 1
        and charger.failsafe.is_trusted(now_ms)
    )


def eventual_ma(charger: Charger, meter: Meter | None, now_ms: int) -> int:
    """What it is counted at once everything that was desired is confirmed."""
    if charger.lease is None or not is_lowerable(charger, now_ms):
        return counted_ma(charger, meter, now_ms)
    return charger.lease.limit_ma  # its fail-safe limit will be lowered to it
