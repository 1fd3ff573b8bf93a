"""The capacity that `load` publishes."""

from __future__ import annotations

from domain.records import load, registry
from tests.stories.site import NODES, SiteStory, targets


def test_a_lower_capacity_is_shared_at_once():
    story = SiteStory(per_panel=2)
    story.charging("a", "p2c0")
    story.charging("b", "p2c1")
    lower = (registry.NodeSpec(id="site", parent=None, kind="site", limit_w=5_000), *NODES[1:])
    told = story.when(load.CapacityChanged(limits=lower, fixed=()))
    assert sum(story.site.targets.values()) * 208 <= 5_000_000
    assert set(targets(told)) == {"p2c0", "p2c1"}
