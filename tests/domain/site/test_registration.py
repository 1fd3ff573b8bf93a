"""What the registry describes for a site."""

from __future__ import annotations

from domain.records import registry
from domain.records.sites import SiteAdded
from tests.stories.site import NODES, SiteStory
from tests.stories.story import one

RESERVE_W = 20_000
"""Half of the site."""


def test_a_standing_reserve_is_part_of_the_site():
    story = SiteStory()
    told = registry.SiteRegistered(site_id="s", location_zone="z", firm_w=1, nodes=NODES, priority_reserve_w=RESERVE_W)
    assert one(SiteAdded, story.when(told)).priority_reserve_w == RESERVE_W
    assert story.site.priority_reserve_w == RESERVE_W
