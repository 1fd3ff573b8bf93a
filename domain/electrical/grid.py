"""The electrical tree of a site, as every rule sees it: nodes with limits, chargers on their phases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

NodeKind = Literal["site", "transformer", "panel", "circuit"]
PhaseCurrents = tuple[int, int, int]
"""mA on L1, L2, L3."""


@dataclass(frozen=True, slots=True)
class Node:
    """A point where current is limited. `limit_ma` per phase and `limit_w` in total; None: not limited here."""

    id: str
    parent: str | None
    kind: NodeKind
    limit_ma: PhaseCurrents | None = None
    limit_w: int | None = None


@dataclass(frozen=True, slots=True)
class Outlet:
    """A charger in the tree. `phases` are indices into L1..L3; `max_ma` and `min_ma` are per phase.

    `voltage_mv` is the voltage that each of its phases works at: power in W = current_ma x voltage_mv x phases / 1e6.
    """

    id: str
    node: str
    phases: tuple[int, ...]
    max_ma: int
    min_ma: int
    voltage_mv: int

    def power_w(self, current_ma: int) -> int:
        """W at `current_ma` per phase, rounded up: a sum of loads is never understated."""
        return -(-current_ma * self.voltage_mv * len(self.phases) // 1_000_000)


def ancestors(nodes: Mapping[str, Node], node_id: str) -> tuple[str, ...]:
    """`node_id` and every node above it, lowest first."""
    path: list[str] = []
    current: str | None = node_id
    while current is not None:
        path.append(current)
        current = nodes[current].parent
    return tuple(path)
