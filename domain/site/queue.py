"""The queue: which session is next, and which free charger suits its car."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.electrical.grid import Node, Outlet, ancestors

SCARCE = 3
"""So many of the best free chargers, or fewer, are reserved for cars that need them.

Chosen on the 20 busy days of a real garage (Caltech, March 2019; 12 chargers, 40 kW, one panel of three at 20 A):
energy in percent of the offline bound, cars served below 80 %, and mean wait were 96.6, 1.9 a day and 15 minutes when
everybody takes the best charger, 97.0, 1.6 and 18 when the last three are kept, 96.3, 2.0 and 25 when all are, and
87.8, 7.1 and 24 when the first free charger is taken, whichever it is. In the order of arrival instead of the score:
96.3, 2.4 and 17.
"""


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A session that waits for a charger. One that passes on an offer retains `queued_ms`, and with it its place."""

    id: str
    tier: int
    score_ppm: int
    queued_ms: int


def rank(waiting: Iterable[QueueEntry]) -> list[QueueEntry]:
    """The order of the queue: tier first, then the higher fairness score, then who came earlier; ids break ties."""
    return sorted(waiting, key=lambda one: (one.tier, -one.score_ppm, one.queued_ms, one.id))


def place(session_id: str, ranked: Sequence[QueueEntry]) -> int:
    """The place of a session in the queue, from 1. Raises `ValueError` if it does not wait."""
    return [one.id for one in ranked].index(session_id) + 1


def choose_charger(
    free: Sequence[Outlet],
    nodes: Mapping[str, Node],
    busy: Iterable[Outlet] = (),
    *,
    required_w: int | None = None,
    most_ma: int | None = None,
) -> str:
    """The free charger where the car can expect the highest power, which it draws at most `most_ma` of (per phase).

    While those are scarce, a car whose `required_w` (see `required_w()`) leaves it the choice takes the one with the
    least room that gives it twice as much: larger needs find a roomy one. Each node is taken as shared equally with the
    `busy` chargers below it (held, or with a car that charges); nodes above all of the free ones make no difference
    and are left out. None: unknown. Ties go to the smallest id. Raises `ValueError` if none is free.
    """
    if not free:
        raise ValueError("no charger is free")
    sharing = Counter(node_id for outlet in busy for node_id in ancestors(nodes, outlet.node))
    above_all = frozenset[str].intersection(*(frozenset(ancestors(nodes, outlet.node)) for outlet in free))

    def room_ma(outlet: Outlet) -> int:
        telling = [node_id for node_id in ancestors(nodes, outlet.node) if node_id not in above_all]
        shares_ma = [_share_ma(outlet, nodes[node_id], sharing[node_id] + 1) for node_id in telling]
        return min([outlet.max_ma, *shares_ma])

    def usable_w(outlet: Outlet) -> int:
        return outlet.power_w(room_ma(outlet) if most_ma is None else min(room_ma(outlet), most_ma))

    best_w = max(map(usable_w, free))
    candidates = [outlet for outlet in free if usable_w(outlet) == best_w]
    if len(candidates) <= SCARCE and required_w is not None:
        ample_w = 2 * required_w
        enough = [one for one in free if room_ma(one) >= one.min_ma and usable_w(one) >= ample_w]
        candidates = enough or candidates
    return min(candidates, key=lambda outlet: (room_ma(outlet), outlet.id)).id


def required_w(need_wh: int | None, now_ms: int, depart_ms: int | None) -> int | None:
    """The mean power at which a car that starts now is done just when it departs. None where a part is unknown."""
    if need_wh is None or depart_ms is None or depart_ms <= now_ms:
        return None
    return -(-need_wh * 3_600_000 // (depart_ms - now_ms))


def _share_ma(outlet: Outlet, node: Node, cars: int) -> int:
    """What each of `cars` gets of the node's limits, in mA per phase; at most what the outlet can give."""
    share_ma = outlet.max_ma
    if node.limit_ma is not None:
        share_ma = min(share_ma, *(node.limit_ma[phase] // cars for phase in outlet.phases))
    if node.limit_w is not None:
        share_ma = min(share_ma, node.limit_w * 1_000_000 // (outlet.voltage_mv * len(outlet.phases) * cars))
    return share_ma
