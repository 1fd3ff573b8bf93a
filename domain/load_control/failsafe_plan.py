"""The plan of the fail-safe limits: safe whatever happens, for as long as it lasts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from domain.electrical.allocation import Claim, allocate
from domain.electrical.grid import Node, Outlet


def failsafe_limits(nodes: Mapping[str, Node], outlets: Iterable[Outlet], firm_w: int) -> dict[str, int]:
    """An equal max-min share of `firm_w` (the lowest cap ever promised) in mA per phase, by charger.

    Whole amps, from the charger's minimum to its maximum, or 0 for those that don't fit, the later ids first. All of
    them at once fit below `firm_w` at the site and below the limits of every node: any charger may be the one that
    is cut off while the others are not.
    """
    firm_nodes = {node.id: _with_firm_limit(node, firm_w) for node in nodes.values()}
    by_id = sorted(outlets, key=lambda outlet: outlet.id)
    return allocate(firm_nodes, [Claim(one.id, one, one.min_ma, one.max_ma) for one in by_id], fixed={})


def _with_firm_limit(node: Node, firm_w: int) -> Node:
    if node.parent is not None:
        return node
    return replace(node, limit_w=firm_w if node.limit_w is None else min(node.limit_w, firm_w))
