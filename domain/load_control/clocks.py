"""The clocks of chargers: an offset is learnt by what we requested, and forgotten at a boot, which may set it."""

from __future__ import annotations

from collections.abc import Sequence

from domain.electrical.clock import EXACT_MS, described, is_live, learnt
from domain.load_control.confirmations import is_triggerable, trigger
from domain.load_control.context import KernelContext
from domain.load_control.ledger import Charger
from domain.records.load import ClockLearnt
from domain.records.observations import Metered

ALARM = "clock_off"
AGREE_MS = 5_000
"""Messages of a working connection are not later than one another by more."""


def learn(context: KernelContext, charger: Charger, reading: Metered) -> None:
    """Learn from the answer to a request; request one where the clock is not known, or a reading is stale by it."""
    shown_ms = context.observations.clocks.get(charger.id, ())
    if shown_ms and shown_ms[-1] == context.now_ms - reading.charger_time_ms:
        offset_ms = learnt(charger.clock_ms, shown_ms)
        if offset_ms is not None and (charger.can_trigger or _agree(shown_ms)):
            _learnt(context, charger, offset_ms)
            return
    known = charger.clock_ms is not None and is_live(reading, charger.clock_ms, context.now_ms)
    timed = reading.fresh or reading.stale_by_clock
    if timed and not known and reading.evse_id > 0 and is_triggerable(charger, context.now_ms):
        trigger(context, charger, reading.evse_id)


def _agree(shown_ms: Sequence[int]) -> bool:
    """Whether the newest two readings that nobody asked for show the same: what waits in a queue is ever less late."""
    return len(shown_ms) > 1 and max(shown_ms) - min(shown_ms) <= AGREE_MS


def _learnt(context: KernelContext, charger: Charger, offset_ms: int) -> None:
    for outlet in context.outlets(charger.id):  # they have one clock
        context.add(ClockLearnt(charger_id=outlet.id, offset_ms=offset_ms))
    if abs(offset_ms) > EXACT_MS:
        context.alarm(ALARM, charger.id, described(offset_ms))
    else:
        context.all_clear(ALARM, charger.id)


def forget(context: KernelContext, charger: Charger) -> None:
    """Forget the offset of a charger that booted."""
    if charger.clock_ms is not None:
        context.add(ClockLearnt(charger_id=charger.id, offset_ms=None))
        context.all_clear(ALARM, charger.id)
