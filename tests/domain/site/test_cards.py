"""Cards: one that is blocked or expired starts nothing, and still ends what it has started."""

from __future__ import annotations

import pytest

from domain.records.load import PermitSought, TokenPresented
from domain.records.sites import StartDenied, StartRequested
from tests.stories.site import SiteStory, token_of
from tests.stories.story import one


def present(story: SiteStory, session_id: str | None, card: str = "valid", charger_id: str = "p2c0") -> list:
    vehicle_id = None if session_id is None else f"v-{session_id}"
    presented = TokenPresented(charger_id=charger_id, token_ref=token_of(session_id), vehicle_id=vehicle_id, card=card)
    return story.when(presented)


@pytest.mark.parametrize(("card", "denial"), [("blocked", "blocked_card"), ("expired", "expired_card")])
def test_a_card_that_may_not_be_used_starts_nothing_though_the_outlet_is_its_cars(card: str, denial: str):
    story = SiteStory()
    story.request("a")
    story.accept("a")
    denied = one(StartDenied, present(story, "a", card))
    assert (denied.denial, denied.reason) == (denial, f"this card is {card}")
    assert one(StartRequested, present(story, "a")).vehicle_id == "v-a", "another card of the car, or once unblocked"


def test_a_card_that_was_blocked_while_its_car_charges_still_stops_it():
    story = SiteStory()
    story.charging("a", "p2c0")
    assert one(StartRequested, present(story, "a", "blocked")).vehicle_id == "v-a"


def test_a_blocked_card_does_not_resume_an_interrupted_session():
    story = SiteStory()
    story.charging("a", "p2c0")
    story.status("p2c0", "preparing")
    story.stop("p2c0", 1_500, reason="restarted")
    assert one(StartDenied, present(story, "a", "blocked")).denial == "blocked_card"


def test_a_blocked_card_at_an_outlet_in_use_is_denied_for_being_blocked():
    story = SiteStory()
    story.charging("a", "p2c0")
    assert one(StartDenied, present(story, "b", "blocked")).denial == "blocked_card"


def test_a_transaction_that_began_with_a_blocked_card_is_denied_though_the_outlet_is_its_cars():
    story = SiteStory()
    story.request("a")
    story.accept("a")
    story.start("p2c0", "a", permitted=False)
    sought = PermitSought(
        charger_id="p2c0", transaction_id="1", token_ref=token_of("a"), vehicle_id="v-a", card="blocked"
    )
    assert one(StartDenied, story.when(sought)).denial == "blocked_card"
    assert story.site.sessions["a"].state == "assigned", "it keeps its outlet"


def test_an_unknown_card_is_told_so_where_the_site_serves_known_cards_only():
    story = SiteStory(walk_ups=False)
    assert one(StartDenied, present(story, None)).denial == "unknown_card"
    assert one(StartRequested, present(story, "b"))
