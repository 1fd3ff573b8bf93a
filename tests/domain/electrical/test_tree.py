"""The electrical tree, from specs and back."""

from __future__ import annotations

from domain.electrical.grid import Node
from domain.electrical.tree import nodes_of, specs_of
from domain.records.registry import NodeSpec

SPECS = (
    NodeSpec(id="site", parent=None, kind="site", limit_w=40_000),
    NodeSpec(id="p1", parent="site", kind="panel", limit_ma=(20_000, 20_000, 25_000)),
)


def test_each_spec_is_a_node_under_its_id() -> None:
    assert nodes_of(SPECS) == {
        "site": Node("site", None, "site", limit_w=40_000),
        "p1": Node("p1", "site", "panel", limit_ma=(20_000, 20_000, 25_000)),
    }


def test_the_specs_of_the_nodes_are_those_that_they_came_from() -> None:
    assert specs_of(nodes_of(SPECS)) == SPECS
