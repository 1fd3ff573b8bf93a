"""The tree and the chargers of a site."""

from __future__ import annotations

from domain.records import registry
from domain.records.time import InputRejected
from tests.stories.kernel import Kernel


def test_a_charger_needs_a_node_that_exists():
    kernel = Kernel().site()
    kernel.add("a", node="nowhere")
    assert isinstance(kernel.events[-1], InputRejected)
    assert kernel.events[-1].field == "node"


def test_a_new_tree_may_not_leave_a_charger_in_the_air():
    panel = registry.NodeSpec(id="p", parent="root", kind="panel")
    kernel = Kernel().site(nodes=(panel,))
    kernel.add("a", node="p")
    kernel.site()
    assert isinstance(kernel.events[-1], InputRejected)
    assert kernel.events[-1].field == "nodes"
    assert set(kernel.ledger.nodes) == {"root", "p"}


def test_a_charger_described_anew_keeps_what_is_known_of_it():
    kernel = Kernel().site().ready("a")
    kernel.add("a", max_a=16)
    assert kernel.charger("a").outlet.max_ma == 16_000
    assert kernel.charger("a").verified
