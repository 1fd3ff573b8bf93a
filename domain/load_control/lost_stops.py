"""The end of a transaction whose stop was lost: by evidence, so that no state depends on one message.

Evidence is a connector that reports Available, or one that reports Preparing after its charger booted: then the cable
is still in. Preparing without a boot, and a card of another car, show that the car before it has left. Of a transaction
on a connector that was never registered evidence is that connector's Available, or a boot. Within the grace the stop
itself may come, or a status or a meter value that shows that the transaction goes on. A connector that is Available
and draws current contradicts itself: that is an alarm, and no end.
"""

from __future__ import annotations

from domain.electrical.outlet_id import evse_of
from domain.load_control import transactions
from domain.load_control.confirmations import is_triggerable, trigger
from domain.load_control.context import KernelContext
from domain.load_control.counting import is_uncertain
from domain.load_control.ledger import Charger, Transaction
from domain.load_control.meters import Meter
from domain.load_control.parameters import IDLE_MA, LOST_STOP_MS, UNCONFIRMED_ALARM_MS
from domain.records.words import STATUS_WORDS, StopReason

CONTRADICTORY = "status_contradicts"
LOST = "stop_lost"
UNCERTAIN = "end_unconfirmed"


def end_lost(context: KernelContext) -> None:
    """End the transactions of which there was evidence for long enough that they are over."""
    for charger in list(context.ledger.chargers.values()):
        if charger.doubted_ms is not None:
            _judge(context, charger, charger.doubted_ms)
        else:
            context.all_clear(CONTRADICTORY, charger.id)
        for stray in charger.strays():
            _judge_stray(context, context.charger(charger.id), stray)
    for charger in list(context.ledger.chargers.values()):
        _watch_uncertain(context, charger)


def _judge(context: KernelContext, charger: Charger, doubted_ms: int) -> None:
    if not charger.connected:
        return  # what could speak against it can't be reported, and the limit of the transaction goes on
    meter = context.meter(charger)
    if context.now_ms < max(doubted_ms, charger.reconnected_ms or 0) + LOST_STOP_MS:
        _ask(context, charger)
    elif meter is not None and meter.at_ms > doubted_ms and _goes_on(meter):
        detail = (
            f"by its status {STATUS_WORDS[charger.own_status]}, and it reports {meter.current_ma} mA in a transaction"
        )
        context.alarm(CONTRADICTORY, charger.id, detail)
        _ask(context, charger)
    else:
        context.alarm(LOST, charger.id, "the stop of its transaction was lost: it was ended by the connector's status")
        reason: StopReason = "stop_lost" if charger.has_left else "restarted"
        for transaction in [one for one in charger.transactions if charger.accepts(one.evse_id)]:
            transactions.end_by_evidence(context, charger, transaction, reason)


def _judge_stray(context: KernelContext, charger: Charger, stray: Transaction) -> None:
    """End a transaction on a connector that was never registered, by what is reported of that and by boots."""
    if stray.doubted_ms is None or not charger.connected:
        return
    named_ms = context.observations.strays.get(stray.id)
    if context.now_ms < max(stray.doubted_ms, charger.reconnected_ms or 0) + LOST_STOP_MS:
        if is_triggerable(charger, context.now_ms):
            trigger(context, charger, stray.evse_id)
    elif named_ms is None or named_ms <= stray.doubted_ms:
        context.alarm(LOST, charger.id, f"the stop of a transaction on connector {stray.evse_id} was lost")
        transactions.end_by_evidence(context, charger, stray, "stop_lost")


def _goes_on(meter: Meter) -> bool:
    return meter.current_ma > IDLE_MA or meter.names_transaction


def _watch_uncertain(context: KernelContext, charger: Charger) -> None:
    """Ask for a meter value of an outlet that may still draw after such an end; alarm people where none comes."""
    if not is_uncertain(charger, context.meter(charger)):
        return context.all_clear(UNCERTAIN, charger.id)
    _ask(context, charger)
    assert charger.uncertain is not None
    if context.now_ms >= charger.uncertain.since_ms + UNCONFIRMED_ALARM_MS:
        context.alarm(UNCERTAIN, charger.id, "its transaction is over, but no meter value shows that it draws nothing")
    return None


def _ask(context: KernelContext, charger: Charger) -> None:
    if is_triggerable(charger, context.now_ms):
        trigger(context, charger, evse_of(charger.id))
