"""What is worth telling of a queue: what changed noticeably, and what else keeps all that was told in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from domain.site.session import Expectation

WORTH_TELLING_MS = 5 * 60_000
WORTH_TELLING_PPM = 20_000
"""A time or a score that moved by less is not told again, unless the order asks for it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody in the queue: what is expected now, and what she was told last (None: nothing yet)."""

    id: str
    queued_ms: int
    now: Expectation
    told: Expectation | None


def worth_telling(queue: Sequence[Place]) -> set[str]:
    """Whom to tell, of `queue` in its order.

    Who reads what was told sees the same order: by standing (as `domain.site.queue` ranks), and no later turn before an
    earlier one. Where an older word would stand in the way of that, it is said anew.
    """
    heard = {one.id: one.told if one.told and not _has_changed(one.told, one.now) else one.now for one in queue}
    while anew := _out_of_order(queue, heard):
        heard |= {one.id: one.now for one in anew}
    return {one.id for one in queue if heard[one.id] != one.told}


def has_moved(told_ms: int | None, now_ms: int | None) -> bool:
    """Whether a time differs noticeably. None: nobody knows."""
    if told_ms is None or now_ms is None:
        return told_ms is not now_ms
    return abs(now_ms - told_ms) >= WORTH_TELLING_MS


def _has_changed(told: Expectation, now: Expectation) -> bool:
    return (
        told.tier != now.tier
        or abs(told.score_ppm - now.score_ppm) >= WORTH_TELLING_PPM
        or has_moved(told.turn_at_ms, now.turn_at_ms)
    )


def _out_of_order(queue: Sequence[Place], heard: Mapping[str, Expectation]) -> list[Place]:
    """Neighbours who would be seen the other way round."""
    seen = [(one, heard[one.id]) for one in queue]
    standings = [(told.tier, -told.score_ppm, one.queued_ms, one.id) for one, told in seen]
    turns = [(told.turn_at_ms is None, told.turn_at_ms or 0) for _, told in seen]
    wrong = zip(pairwise(queue), pairwise(standings), pairwise(turns), strict=True)
    return [one for pair, (first, second), (turn, later) in wrong if first > second or turn > later for one in pair]
