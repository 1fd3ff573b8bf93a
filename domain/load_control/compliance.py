"""The compliance of chargers, by their meters: an accepted limit is not yet an applied one."""

from __future__ import annotations

from domain.load_control import watts
from domain.load_control.context import KernelContext
from domain.load_control.ledger import Charger, Lease
from domain.load_control.make_before_break import desire
from domain.load_control.meters import Meter
from domain.load_control.parameters import (
    NON_COMPLIANCE_MS,
    PROBE_PAUSE_MS,
    PROBE_PERMILLE,
    SETTLE_MS,
    STEP_MA,
    VERIFICATION_BAND_MA,
    VERIFICATION_STEP_MA,
)
from domain.load_control.trust import DISOBEDIENT, trust_obedient
from domain.load_control.verification import PROBE_RULE, is_probed
from domain.records.load import EXCEEDS_LIMIT, LimitConfirmed, ObedienceProven, ObedienceVoided


def judge(context: KernelContext, charger: Charger, meter: Meter) -> None:
    """Verify, confirm, probe or void by a new reading of a charger in a transaction."""
    lease = charger.lease
    if lease is None or not charger.connected or len(charger.transactions) != 1:
        return
    if _is_settled(lease, meter) and watts.shows_no_division(charger, lease, meter):
        watts.not_divided(context, charger, lease, meter)
    elif _exceeds_limit(meter):
        _void(context, charger, lease, meter)
    elif _is_settled(lease, meter):
        if watts.proves_division(charger, lease, meter):
            watts.divided(context, charger, lease, meter)
        elif not charger.verified and _is_verification(charger, lease, meter):
            _verify(context, charger, lease, meter)
        _confirm(context, context.ledger.chargers[charger.id], lease, meter)
    trust_obedient(context, context.ledger.chargers[charger.id], meter)
    _probe(context, context.ledger.chargers[charger.id], meter)


def _exceeds_limit(meter: Meter) -> bool:
    return meter.above_since_ms is not None and meter.at_ms - meter.above_since_ms >= NON_COMPLIANCE_MS


def _is_settled(lease: Lease, meter: Meter) -> bool:
    accepted_ms = lease.ask.accepted_ms
    return accepted_ms is not None and not lease.ask.repeat and meter.measured_ms >= accepted_ms + SETTLE_MS


def _void(context: KernelContext, charger: Charger, lease: Lease, meter: Meter) -> None:
    if charger.non_compliant:
        return
    context.add(
        ObedienceVoided(
            charger_id=charger.id, reason=EXCEEDS_LIMIT, limit_ma=lease.limit_ma, measured_ma=meter.current_ma
        )
    )
    detail = f"it measures {meter.current_ma} mA and accepted {lease.limit_ma} mA"
    context.alarm(DISOBEDIENT, charger.id, detail)


def _is_verification(charger: Charger, lease: Lease, meter: Meter) -> bool:
    """One decrease that it followed: it drew more before, and now what the limit allows and a willing car uses.

    A car that stopped by itself at that moment fell further, and a limit of 0 A can't tell the two apart.
    """
    in_total = watts.needs_proof(charger)  # then all phases together follow what was written
    limit_ma = watts.written_ma(charger, lease) if in_total else lease.limit_ma
    before_ma = meter.before_total_ma if in_total else meter.before_ma
    after_ma = meter.total_ma if in_total else meter.current_ma
    if lease.lowered_ms is None or meter.lowered_ms != lease.lowered_ms or before_ma is None:
        return False
    phases = 1 if meter.is_of_one_phase or not in_total else len(charger.outlet.phases)
    fell = before_ma >= limit_ma + VERIFICATION_STEP_MA
    follows = limit_ma - phases * VERIFICATION_BAND_MA <= after_ma <= charger.followed_ma(limit_ma)
    return fell and follows and limit_ma >= charger.outlet.min_ma


def _verify(context: KernelContext, charger: Charger, lease: Lease, meter: Meter) -> None:
    context.add(
        ObedienceProven(
            charger_id=charger.id,
            before_ma=meter.before_ma or 0,
            limit_ma=lease.limit_ma,
            measured_ma=meter.current_ma,
        )
    )
    context.all_clear(DISOBEDIENT, charger.id)


def _confirm(context: KernelContext, charger: Charger, lease: Lease, meter: Meter) -> None:
    """Confirm a decrease of a verified charger. A reading within the meter's tolerance of the limit is the limit."""
    if not charger.verified or charger.possible_ma(context.now_ms) <= lease.limit_ma:
        return
    if meter.current_ma <= charger.followed_ma(lease.limit_ma):
        context.add(
            LimitConfirmed(
                charger_id=charger.id,
                generation=lease.ask.generation,
                limit_ma=lease.limit_ma,
                measured_ma=meter.current_ma,
            )
        )
        context.all_clear("unconfirmed", charger.id)


def _probe(context: KernelContext, charger: Charger, meter: Meter) -> None:
    """Lower a charger that draws enough, to see whether it follows, and how it divides W."""
    lease = charger.lease
    if lease is None or charger.non_compliant or is_probed(charger, context.now_ms):
        return
    if charger.probed_ms is not None and context.now_ms < charger.probed_ms + PROBE_PAUSE_MS:
        return
    if watts.needs_proof(charger):
        total_ma = watts.test_ma(charger, lease, meter)
        if total_ma is not None:
            limit_ma = min(total_ma, lease.limit_ma)
            restricted = total_ma < watts.total_ma(charger, limit_ma)
            reason = "what its car draws of less proves how it divides W, or that it obeys"
            desire(context, charger, limit_ma, PROBE_RULE, reason, total_ma if restricted else None)
    elif not charger.verified:
        limit_ma = max(charger.outlet.min_ma, meter.current_ma * PROBE_PERMILLE // 1000 // STEP_MA * STEP_MA)
        if limit_ma <= min(lease.limit_ma, meter.current_ma - VERIFICATION_STEP_MA):
            desire(context, charger, limit_ma, PROBE_RULE, "one obeyed decrease proves that the charger obeys")
