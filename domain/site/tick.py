"""The tick of a site: while cars are there, its targets are planned at whole multiples of a period."""

from __future__ import annotations

from domain.records.time import TimerDue
from domain.site.context import SiteContext

TICK = "tick"


def set_next_tick(context: SiteContext, period_ms: int, *, was_busy: bool) -> None:
    """Set the timer when the first car comes, and again at each tick."""
    if context.site.is_busy() and (isinstance(context.given.data, TimerDue) or not was_busy):
        context.set_timer(TICK, (context.now_ms // period_ms + 1) * period_ms)
