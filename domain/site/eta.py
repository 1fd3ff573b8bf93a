"""Estimated times: when a busy charger comes free, and when it is a waiting car's turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

MOVE_MS = 5 * 60_000
"""The time that a driver needs to unplug and drive off once the car is done (ms)."""
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Stay:
    """A car at a charger, or one that waits for a charger (`id`: of the session).

    `need_wh` is what it still needs (None: unknown, so it charges until it departs), `rate_w` what it is given now, or
    may expect; `depart_ms` None: unknown.
    """

    id: str
    need_wh: int | None
    rate_w: int
    depart_ms: int | None

    def leaves_ms(self, start_ms: int) -> int | None:
        """When a charger that it uses from `start_ms` comes free: done and moved, or departed. None: unknown."""
        known_ms = []
        if self.depart_ms is not None:
            known_ms.append(self.depart_ms)
        if self.need_wh is not None and (self.need_wh <= 0 or self.rate_w > 0):
            charging_ms = -(-max(0, self.need_wh) * HOUR_MS // max(1, self.rate_w))
            known_ms.append(start_ms + charging_ms + MOVE_MS)
        return max(start_ms, min(known_ms)) if known_ms else None


@dataclass(frozen=True, slots=True)
class Etas:
    """ms UTC. What is missing has no estimate: it is unknown."""

    free_at_ms: dict[str, int]
    """By busy charger: when it comes free."""
    turn_at_ms: dict[str, int]
    """By waiting session: when a charger is there for it. May lie after its departure: then it goes unserved."""


def estimate(now_ms: int, free: Iterable[str], busy: Mapping[str, Stay], waiting: Sequence[Stay]) -> Etas:
    """Match `waiting`, in the order of the queue, to chargers as they come free: `free` ones, `busy` by charger id."""
    free_at_ms: dict[str, int] = {}
    for charger_id, stay in busy.items():
        leaves_ms = stay.leaves_ms(now_ms)
        if leaves_ms is not None:
            free_at_ms[charger_id] = leaves_ms
    coming_free = [(now_ms, charger_id) for charger_id in free]
    coming_free += [(at_ms, charger_id) for charger_id, at_ms in free_at_ms.items()]
    heapify(coming_free)
    turn_at_ms: dict[str, int] = {}
    for stay in waiting:
        if not coming_free:
            break
        turn_ms, charger_id = heappop(coming_free)
        turn_at_ms[stay.id] = turn_ms
        leaves_ms = stay.leaves_ms(turn_ms)  # at once, if it has departed by then
        if leaves_ms is not None:
            heappush(coming_free, (leaves_ms, charger_id))
    return Etas(free_at_ms, turn_at_ms)
