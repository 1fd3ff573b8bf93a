"""The physical truth: the real load of every node at every second, and its limits.

It knows the wires and the announced caps, and nothing of the server's view.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PHASES = ("L1", "L2", "L3")
_ROUNDING = 1 + 1e-9


@dataclass(frozen=True, slots=True)
class Node:
    """A point of the site's electrical tree with its physical limits."""

    id: str
    parent: str | None
    kind: str
    limit_a: tuple[float, float, float] | None = None
    limit_kw: float | None = None


@dataclass(frozen=True, slots=True)
class Wires:
    """The place of an outlet in the tree. Each of its phases has `voltage_v`."""

    outlet: str
    node: str
    phases: tuple[str, ...]
    voltage_v: float


@dataclass(slots=True)
class Cap:
    """A grid limit: it starts when it was requested, or later, and is guaranteed from `holds_from_ms` on."""

    limit_kw: float
    starts_ms: int
    holds_from_ms: int
    ends_ms: int | None
    over_until_ms: int | None = None
    """The last instant since its start at which the load was above it."""

    def runs(self, now_ms: int) -> bool:
        return self.starts_ms <= now_ms and (self.ends_ms is None or now_ms < self.ends_ms)

    @property
    def lag_s(self) -> float:
        """From its start until the load stayed at or below it."""
        return 0.0 if self.over_until_ms is None else (self.over_until_ms - self.starts_ms) / 1000


class Truth:
    """Measures the load of every node per phase and in total, second by second, against the limits in force."""

    def __init__(self, nodes: Sequence[Node], wires: Sequence[Wires]) -> None:
        parents = {node.id: node.parent for node in nodes}
        self._nodes = {node.id: node for node in nodes}
        self._root = next(node for node in nodes if node.parent is None)
        self._wires = {one.outlet: one for one in wires}
        self._paths = {one.outlet: _path(one.node, parents) for one in wires}
        self._caps: list[Cap] = []
        self._last_over = dict.fromkeys(self._nodes, -1)
        self._last_any_over = -1
        self.overload_s = 0
        """Seconds in which any node was above a limit."""
        self.node_overload_s = dict.fromkeys(self._nodes, 0)
        self._episodes: list[tuple[int, int]] = []
        self.load_kw = 0.0
        self.peak_kw = 0.0
        self._window_kw = 0.0

    @property
    def root_limit_kw(self) -> float:
        assert self._root.limit_kw is not None
        return self._root.limit_kw

    @property
    def cap_lag_s_max(self) -> float:
        return max((cap.lag_s for cap in self._caps), default=0.0)

    def announce(self, cap: Cap) -> None:
        """A cap was accepted: from `holds_from_ms` on it counts as a limit of the site."""
        self._caps.append(cap)

    def cap_kw(self, now_ms: int) -> float:
        """The limit of the site now: the least of its own and the guaranteed caps."""
        promised = (cap.limit_kw for cap in self._caps if cap.runs(now_ms) and now_ms >= cap.holds_from_ms)
        return min([self.root_limit_kw, *promised])

    def next_change_ms(self, now_ms: int) -> int | None:
        """When a cap next begins, holds or ends."""
        edges = (edge for cap in self._caps for edge in (cap.starts_ms, cap.holds_from_ms, cap.ends_ms))
        return min((edge for edge in edges if edge is not None and edge > now_ms), default=None)

    def record(self, currents_a: Mapping[str, Sequence[float]], from_ms: int, to_ms: int) -> None:
        """These currents (A on each phase of an outlet) flowed from the one instant to the other, `to_ms` excluded."""
        if to_ms <= from_ms:
            return
        loads = self._loads(currents_a)
        over = [id_ for id_, (phases_a, watts) in loads.items() if self._is_over(id_, phases_a, watts, from_ms)]
        self.load_kw = loads[self._root.id][1] / 1000 if self._root.id in loads else 0.0
        self.peak_kw = max(self.peak_kw, self.load_kw)
        self._window_kw = max(self._window_kw, self.load_kw)
        for cap in self._caps:
            if cap.runs(from_ms) and self.load_kw > cap.limit_kw * _ROUNDING:
                cap.over_until_ms = to_ms
        for id_ in over:
            self.node_overload_s[id_] += _new_seconds(self._last_over[id_], from_ms, to_ms)
            self._last_over[id_] = (to_ms - 1) // 1000
        if over:
            if self._episodes and self._episodes[-1][1] == from_ms:
                self._episodes[-1] = (self._episodes[-1][0], to_ms)
            else:
                self._episodes.append((from_ms, to_ms))
            self.overload_s += _new_seconds(self._last_any_over, from_ms, to_ms)
            self._last_any_over = (to_ms - 1) // 1000

    def episodes_s(self) -> list[float]:
        """How long each stretch lasted in which any node was above a limit."""
        return [(to_ms - from_ms) / 1000 for from_ms, to_ms in self._episodes]

    def take_window_kw(self) -> float:
        """The highest load since the last call."""
        highest_kw, self._window_kw = max(self._window_kw, self.load_kw), 0.0
        return highest_kw

    def _loads(self, currents_a: Mapping[str, Sequence[float]]) -> dict[str, tuple[list[float], float]]:
        loads: dict[str, tuple[list[float], float]] = {}
        for outlet, outlet_a in currents_a.items():
            if not any(outlet_a):
                continue
            wires = self._wires[outlet]
            watts = sum(outlet_a) * wires.voltage_v
            for id_ in self._paths[outlet]:
                phases_a, total = loads.get(id_) or ([0.0, 0.0, 0.0], 0.0)
                for phase, current_a in zip(wires.phases, outlet_a, strict=True):
                    phases_a[PHASES.index(phase)] += current_a
                loads[id_] = (phases_a, total + watts)
        return loads

    def _is_over(self, id_: str, phases_a: Sequence[float], watts: float, now_ms: int) -> bool:
        node = self._nodes[id_]
        limit_kw = node.limit_kw
        if node is self._root:
            limit_kw = min(self.root_limit_kw, self.cap_kw(now_ms))
        if limit_kw is not None and watts > limit_kw * 1000 * _ROUNDING:
            return True
        return node.limit_a is not None and any(
            current > limit * _ROUNDING for current, limit in zip(phases_a, node.limit_a, strict=True)
        )


def _path(node: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    path = [node]
    while (parent := parents[path[-1]]) is not None:
        path.append(parent)
    return tuple(path)


def _new_seconds(last_counted: int, from_ms: int, to_ms: int) -> int:
    """How many whole seconds of the clock this stretch touches that were not counted before."""
    first, last = from_ms // 1000, (to_ms - 1) // 1000
    return max(0, last - max(first, last_counted + 1) + 1)
