"""Sites: a tree that makes sense is registered as it was given, any other is rejected by the name of its field."""

from __future__ import annotations

import pytest

from domain.records.registry import NodeSpec, SiteRegistered
from domain.registry.site_tree import MAX_MA, MAX_W
from tests.stories.registry import APPROVE, CIRCUIT, PANEL, ROOT, SITE, TRANSFORMER, changed, given, when


def node(changing: NodeSpec, **different) -> NodeSpec:
    return changing.model_copy(update=different)


def test_a_site_is_registered_as_it_was_described():
    story = when(SITE).then(SiteRegistered(**SITE.__dict__))
    assert story.state.site == SiteRegistered(**SITE.__dict__)


def test_an_id_stays_free_after_a_rejection():
    when(changed(SITE, firm_w=-1)).then_rejected("firm_w").decide(SITE).then(SiteRegistered(**SITE.__dict__))


@pytest.mark.parametrize(
    "nodes",
    [
        (ROOT,),
        (CIRCUIT, PANEL, TRANSFORMER, ROOT),
        (node(ROOT, limit_w=MAX_W), node(PANEL, parent="site", limit_ma=(0, MAX_MA, 0))),
    ],
)
def test_any_tree_below_one_site_node_is_valid(nodes):
    registered = SiteRegistered(site_id="north", location_zone="z", firm_w=25_000, nodes=nodes)
    when(changed(SITE, nodes=nodes)).then(registered)


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        ((), "exactly one node without a parent"),
        ((ROOT, node(ROOT, id="site2")), "exactly one node without a parent"),
        ((node(ROOT, kind="panel"),), "of kind site"),
        ((ROOT, node(PANEL, parent="nowhere")), "p hangs below nowhere, which is no node"),
        ((ROOT, node(PANEL, parent="p")), "p is its own ancestor"),
        ((ROOT, node(PANEL, parent="c"), node(CIRCUIT, parent="p")), "p is its own ancestor"),
        ((node(TRANSFORMER, parent="p"), PANEL), "exactly one node without a parent"),
        ((ROOT, PANEL, node(PANEL, parent="site")), "two nodes have the same id"),
        ((node(ROOT, limit_w=None, limit_ma=(1, 1, 1)),), "the site node needs a limit of its power"),
        ((node(ROOT, limit_w=0),), "the limit of site must lie in 1 W to 1000000000 W"),
        ((ROOT, node(TRANSFORMER, limit_w=-1)), "the limit of t must lie in 1 W to"),
        ((ROOT, node(TRANSFORMER, limit_w=MAX_W + 1)), "the limit of t must lie in 1 W to"),
        ((ROOT, TRANSFORMER, node(PANEL, limit_ma=(0, -1, 0))), "the limit of p must lie in 0 mA to 1000000 mA"),
        ((ROOT, TRANSFORMER, node(PANEL, limit_ma=(0, 0, MAX_MA + 1))), "the limit of p must lie in 0 mA to"),
    ],
)
def test_nodes_that_are_no_tree_are_rejected(nodes, reason):
    when(changed(SITE, nodes=nodes)).then_rejected("nodes", reason)


@pytest.mark.parametrize("field", ["firm_w", "priority_reserve_w"])
@pytest.mark.parametrize("power_w", [-1, 40_001])
def test_the_firm_limit_and_the_reserve_lie_within_the_limit_of_the_site(field, power_w):
    when(changed(SITE, **{field: power_w})).then_rejected(field, "must lie between 0 and the site's limit")


@pytest.mark.parametrize("field", ["firm_w", "priority_reserve_w"])
@pytest.mark.parametrize("power_w", [0, 40_000])
def test_the_firm_limit_and_the_reserve_may_be_nothing_or_all(field, power_w):
    story = when(changed(SITE, **{field: power_w}))
    assert getattr(story.state.site, field) == power_w


def test_a_site_is_no_enterprise():
    given(SITE).decide(APPROVE).then_rejected("enterprise_id", "this enterprise is not registered")
