"""The bounds of a demo day: one table, for the exit code, the summary and the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure, its name for people, and its condition, which a missing or unknown figure does not meet."""

    figure: str
    name: str
    must: str
    condition: Callable[[Any], bool]
    unit: str = ""

    def holds(self, figures: Figures) -> bool:
        value = figures.get(self.figure)
        return value is not None and self.condition(value)

    def shown(self, figures: Figures) -> str:
        """The figure as text."""
        value = figures.get(self.figure)
        if value is None:
            return "unknown"
        if isinstance(value, bool):
            return "equal" if value else "different"
        return f"{value:,.10g}{self.unit}"


BOUNDS = (
    Bound("overload_s", "Time over any limit", "0 s", lambda seconds: seconds == 0, " s"),
    Bound("cap_lag_s_max", "Until the load was under a new cap", "at most 60 s", lambda seconds: seconds <= 60, " s"),
    Bound("queued_max", "Cars in the queue, at most", "more than 0", lambda cars: cars > 0),
    Bound("offers", "Chargers offered to waiting cars", "more than 0", lambda offers: offers > 0),
    Bound("paused", "Cars paused after they had begun", "more than 0", lambda cars: cars > 0),
    Bound(
        "energy_pct_of_bound", "Energy, of what perfect foresight could", "at least 92 %", lambda pct: pct >= 92, " %"
    ),
    Bound("p0_wait_s_max", "Ambulance: from the plug to power", "at most 90 s", lambda wait_s: wait_s <= 90, " s"),
    Bound("p1_wait_s_max", "Delivery van: from the plug to power", "more than 0 s", lambda wait_s: wait_s > 0, " s"),
    Bound("grants", "Priority granted on proof", "more than 0", lambda grants: grants > 0),
    Bound("denials", "Priority denied", "more than 0", lambda denials: denials > 0),
    Bound("replay_equal", "Decided again by a fresh process", "equal", lambda equal: equal is True),
)


def failed(figures: Figures) -> list[Bound]:
    """The bounds that do not hold."""
    return [bound for bound in BOUNDS if not bound.holds(figures)]
