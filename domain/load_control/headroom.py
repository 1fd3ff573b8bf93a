"""The headroom: what remains below the limits of every node of a tree beside the counted loads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from domain.electrical.grid import Node, Outlet, ancestors

UNLIMITED_MA = 10**9


class Headroom:
    """Adds loads (mA per phase of an outlet) and computes what remains at each node, per phase in mA and in W."""

    def __init__(self, nodes: Mapping[str, Node], loads: Iterable[tuple[Outlet, int]]) -> None:
        self._nodes = nodes
        self._left_ma = {node.id: list(node.limit_ma) for node in nodes.values() if node.limit_ma is not None}
        self._left_w = {node.id: node.limit_w for node in nodes.values() if node.limit_w is not None}
        for outlet, current_ma in loads:
            self.change(outlet, 0, current_ma)

    def change(self, outlet: Outlet, from_ma: int, to_ma: int) -> None:
        """Change the load of an outlet."""
        if from_ma == to_ma:
            return
        more_w = outlet.power_w(to_ma) - outlet.power_w(from_ma)
        for node in ancestors(self._nodes, outlet.node):
            if node in self._left_ma:
                for phase in outlet.phases:
                    self._left_ma[node][phase] -= to_ma - from_ma
            if node in self._left_w:
                self._left_w[node] -= more_w

    def most_ma(self, outlet: Outlet, now_ma: int) -> int:
        """The highest load of an outlet that counts at `now_ma` that every node above has room for.

        Less than `now_ma` where a node is exceeded already.
        """
        most_ma = UNLIMITED_MA
        for node in ancestors(self._nodes, outlet.node):
            if node in self._left_ma:
                most_ma = min(most_ma, *(now_ma + self._left_ma[node][phase] for phase in outlet.phases))
            if node in self._left_w:
                allowed_w = self._left_w[node] + outlet.power_w(now_ma)
                most_ma = min(most_ma, allowed_w * 1_000_000 // (outlet.voltage_mv * len(outlet.phases)))
        return most_ma

    def exceeded(self) -> tuple[str, ...]:
        """The nodes with more load than their limit."""
        return tuple(
            node for node in self._nodes if min(self._left_ma.get(node, (0,))) < 0 or self._left_w.get(node, 0) < 0
        )
