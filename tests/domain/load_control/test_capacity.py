"""The capacity that the kernel publishes."""

from __future__ import annotations

from domain.records.load import CapacityChanged
from tests.stories.kernel import Kernel
from tests.stories.story import of_type


def test_the_limits_are_published_at_once():
    (told,) = of_type(Kernel().site(limit_a=10).events, CapacityChanged)
    assert told.limits[0].limit_w == 2300
    assert told.fixed == ()
