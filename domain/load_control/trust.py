"""Trust again in a charger that gets no current, since it drew more than it accepted or than its outlet carries.

By rule once it has obeyed for some minutes, the longer the more often it relapsed, or by an operator who has looked at
it. Either way it is not verified: it is probed as soon as it draws enough, and counts at its maximum until then.
"""

from __future__ import annotations

from domain.errors import DomainError
from domain.load_control.context import KernelContext
from domain.load_control.counting import is_uncertain
from domain.load_control.ledger import Charger
from domain.load_control.meters import Meter
from domain.load_control.parameters import OBEYED_LONGEST_MS, OBEYED_MS
from domain.load_control.refusals import IMPOSSIBLE
from domain.records.load import TrustAgain, TrustedAgain

RULE = "load_control.trust_again.v1"
DISOBEDIENT = "disobedient"


def trust_obedient(context: KernelContext, charger: Charger, meter: Meter) -> None:
    """Trust a charger again that has kept to its limit for long enough, by believed readings without exception."""
    lease = charger.lease
    if not charger.non_compliant or lease is None or lease.ask.accepted_ms is None:
        return
    if meter.within_since_ms is None or not meter.believed:
        return
    since_ms = max(meter.within_since_ms, lease.since_ms)
    pause_ms = _pause_ms(charger)
    if context.now_ms >= since_ms + pause_ms:
        _trust(context, charger, f"it has obeyed {lease.limit_ma} mA for {pause_ms // 60_000} minutes")


def _pause_ms(charger: Charger) -> int:
    """How long it must obey: twice as long after each relapse within a day."""
    return min(OBEYED_MS << max(0, len(charger.exceeded_ms) - 1), OBEYED_LONGEST_MS)


def end_with_transaction(context: KernelContext) -> None:
    """Given a charger that exceeded its limit, when its transaction is over, then its alarm ends: it has no limit now.

    After a lost stop the transaction is over once 0 A were measured. In the next one it has to prove itself anew;
    current without a transaction is another alarm (`idle_current`).
    """
    for charger in list(context.ledger.chargers.values()):
        if not charger.transactions and not is_uncertain(charger, context.meter(charger)):
            context.all_clear(DISOBEDIENT, charger.id)


def trust_again(context: KernelContext, command: TrustAgain) -> None:
    """An operator trusts a charger again. Raises `DomainError` for one that gets current as it is."""
    charger = context.charger(command.charger_id)
    if not (charger.non_compliant or charger.exceeds_rating):
        raise DomainError("the charger gets current: there is nothing to prove anew", field="charger_id", rule=RULE)
    _trust(context, charger, "an operator has looked at it")


def _trust(context: KernelContext, charger: Charger, reason: str) -> None:
    context.add(TrustedAgain(charger_id=charger.id, rule=RULE, reason=reason))
    context.all_clear(DISOBEDIENT, charger.id)
    context.all_clear(IMPOSSIBLE, charger.id)
