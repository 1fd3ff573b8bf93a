"""Expectations: only what changed noticeably is published, and the site knows what was."""

from domain.records import sites as said
from domain.site.announcements import NOTICEABLE_MS
from tests.stories.site import SiteStory
from tests.stories.story import MINUTE_MS


def told(events):
    return [event for event in events if isinstance(event, said.EtaChanged)]


def crowded(*waiting: str) -> SiteStory:
    """A site whose only charger serves `first`; the others wait."""
    story = SiteStory()
    story.charging("first", "p2c0")
    for session_id in waiting:
        story.now_ms += 1_000
        story.request(session_id)
    story.now_ms += 1_000
    return story


def test_a_new_session_gets_an_estimate_and_no_other_does():
    story = crowded("second", "third")
    [event] = told(story.request("last"))
    assert [one.session_id for one in event.sessions] == ["last"]
    assert event.chargers == ()
    waiting = [story.site.sessions[session_id].announced.turn_at_ms for session_id in ("second", "third", "last")]
    assert waiting == sorted(waiting)
    assert abs(waiting[0] - story.site.free_at_ms["p2c0"]) < NOTICEABLE_MS


def test_who_passes_others_moves_their_turns():
    story = crowded("second", "third")
    before_ms = story.site.sessions["second"].announced.turn_at_ms
    [event] = told(story.request("urgent", tier=1))
    assert [one.session_id for one in event.sessions] == ["urgent", "second", "third"]
    assert abs(event.sessions[0].turn_at_ms - before_ms) < NOTICEABLE_MS
    assert event.sessions[1].turn_at_ms - before_ms >= NOTICEABLE_MS


def test_a_charger_that_comes_free_is_published_and_its_offer_takes_the_first_out_of_the_queue():
    story = crowded("second", "third")
    events = story.stop("p2c0")
    assert [event.session_id for event in events if isinstance(event, said.SessionOffered)] == ["second"]
    assert story.site.sessions["second"].announced is None
    assert story.site.sessions["third"].announced is not None
    story.wait(60)
    assert [one.id for one in story.site.sessions.values() if one.announced is None and one.state == "queued"] == []


def test_a_charger_that_nobody_uses_has_no_time():
    story = SiteStory()
    story.charging("first", "p2c0")
    assert story.site.free_at_ms.keys() == {"p2c0"}
    [event] = told(story.stop("p2c0"))
    assert event.chargers == (("p2c0", None),)
    assert story.site.free_at_ms == {}


def test_as_long_as_nothing_changes_noticeably_nothing_is_published():
    story = crowded("second", "third")
    assert told(story.wait(1)) == []


def test_what_was_published_follows_what_is_expected_now():
    story = crowded("second", "third")
    before = story.site.sessions["second"].announced
    events = told(story.wait(30))
    after = story.site.sessions["second"].announced
    assert events
    assert after.score_ppm > before.score_ppm
    assert story.now_ms - before.turn_at_ms < 30 * MINUTE_MS
