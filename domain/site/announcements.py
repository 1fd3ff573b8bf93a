"""The announcements of a queue: what changed noticeably, and what else they need to show the queue in its order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from domain.site.session import Expectation

NOTICEABLE_MS = 5 * 60_000
NOTICEABLE_PPM = 20_000
"""A time or a score that moved by less is not announced again, unless the order requires it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the queue: what is expected now, and what was announced last (None: nothing yet)."""

    id: str
    queued_ms: int
    now: Expectation
    announced: Expectation | None


def to_announce(queue: Sequence[Place]) -> set[str]:
    """The ids of the places to announce, of a `queue` in its order.

    The announcements show the same order: by standing (as `domain.site.queue` ranks), and no later turn before an
    earlier one. An older announcement that contradicts it is published again with the new values.
    """
    public = {
        one.id: one.announced if one.announced and not _has_changed(one.announced, one.now) else one.now
        for one in queue
    }
    while contradicted := _out_of_order(queue, public):
        public |= {one.id: one.now for one in contradicted}
    return {one.id for one in queue if public[one.id] != one.announced}


def has_moved(announced_ms: int | None, now_ms: int | None) -> bool:
    """Whether a time differs noticeably. None: unknown."""
    if announced_ms is None or now_ms is None:
        return announced_ms is not now_ms
    return abs(now_ms - announced_ms) >= NOTICEABLE_MS


def _has_changed(announced: Expectation, now: Expectation) -> bool:
    return (
        announced.tier != now.tier
        or abs(announced.score_ppm - now.score_ppm) >= NOTICEABLE_PPM
        or has_moved(announced.turn_at_ms, now.turn_at_ms)
    )


def _out_of_order(queue: Sequence[Place], public: Mapping[str, Expectation]) -> list[Place]:
    """Neighbours that would be shown the other way round."""
    seen = [(one, public[one.id]) for one in queue]
    standings = [(announced.tier, -announced.score_ppm, one.queued_ms, one.id) for one, announced in seen]
    turns = [(announced.turn_at_ms is None, announced.turn_at_ms or 0) for _, announced in seen]
    wrong = zip(pairwise(queue), pairwise(standings), pairwise(turns), strict=True)
    return [one for pair, (first, second), (turn, later) in wrong if first > second or turn > later for one in pair]
