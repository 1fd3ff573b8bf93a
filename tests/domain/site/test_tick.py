"""The tick of a site."""

from __future__ import annotations

from tests.stories.site import SiteStory


def test_ticks_end_when_nobody_is_there():
    story = SiteStory()
    story.charging("a", "p2c0")
    story.wait(5)
    assert story.timers
    story.stop("p2c0")
    story.wait(1)
    assert not story.timers
