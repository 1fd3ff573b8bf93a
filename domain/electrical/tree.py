"""The electrical tree of a site, from the specs of its nodes and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from domain.electrical.grid import Node
from domain.records.registry import NodeSpec


def nodes_of(specs: Iterable[NodeSpec]) -> dict[str, Node]:
    """The nodes by their id."""
    return {
        spec.id: Node(spec.id, spec.parent, spec.kind, limit_ma=spec.limit_ma, limit_w=spec.limit_w) for spec in specs
    }


def specs_of(nodes: Mapping[str, Node]) -> tuple[NodeSpec, ...]:
    """The specs as events hold them."""
    return tuple(
        NodeSpec(id=node.id, parent=node.parent, kind=node.kind, limit_ma=node.limit_ma, limit_w=node.limit_w)
        for node in nodes.values()
    )
