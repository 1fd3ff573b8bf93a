"""The life of a session: what may not follow is rejected."""

from __future__ import annotations

import pytest

from domain.records import vehicles
from domain.records.time import InputRejected
from tests.stories.site import SiteStory
from tests.stories.story import one


@pytest.mark.parametrize(
    ("state", "asked", "reason"),
    [
        ("charging", vehicles.AcceptRequested(session_id="a", site_id="s"), "charging can't accept an offer"),
        ("charging", vehicles.SnoozeRequested(session_id="a", site_id="s"), "charging can't be snoozed"),
        ("queued", vehicles.AcceptRequested(session_id="b", site_id="s"), "queued can't accept an offer"),
        ("queued", vehicles.SnoozeRequested(session_id="b", site_id="s"), "queued can't be snoozed"),
        ("none", vehicles.CancelRequested(session_id="z", site_id="s"), "not open"),
    ],
)
def test_an_illegal_transition_is_rejected_with_the_reason(state, asked, reason):
    story = SiteStory()
    story.charging("a", "p2c0")
    story.request("b")
    rejected = one(InputRejected, story.when(asked))
    assert reason in rejected.reason
    assert rejected.field == "session_id"
