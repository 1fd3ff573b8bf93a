"""A transaction that ended though its car is still plugged in interrupts its session, and does not end it."""

from __future__ import annotations

import pytest

from domain.electrical.tree import specs_of
from domain.records import load
from domain.records.sites import (
    SessionCharging,
    SessionEnded,
    SessionEnergyCorrected,
    SessionInterrupted,
    SessionPaused,
    StartDenied,
    StartRequested,
)
from tests.stories.site import SiteStory
from tests.stories.story import of_type, one


def paused(*, finishing: str = "finishing") -> SiteStory:
    """A session that a cap has paused, at a charger that ends transactions without current."""
    story = SiteStory()
    story.charging("a", "p2c0")
    story.status("p2c0", "charging")
    nothing = tuple(node.model_copy(update={"limit_w": 1_000}) for node in specs_of(story.site.limits))
    assert of_type(story.when(load.CapacityChanged(limits=nothing, fixed=())), SessionPaused)
    assert story.site.sessions["a"].state == "paused"
    story.status("p2c0", finishing)
    return story


def test_a_stop_while_it_is_paused_leaves_the_session_at_its_outlet():
    story = paused()
    interrupted = one(SessionInterrupted, story.stop("p2c0", 2_000, reason="other"))
    assert (interrupted.session_id, interrupted.energy_wh) == ("a", 2_000)
    session = story.site.sessions["a"]
    assert (session.state, session.charger_id, session.interrupted) == ("paused", "p2c0", True)


def test_its_card_is_admitted_at_finishing_and_the_session_goes_on_with_all_of_its_energy():
    story = paused()
    story.stop("p2c0", 2_000, reason="other")
    assert one(StartRequested, story.authorize("p2c0", "a")).charger_id == "p2c0"
    assert one(SessionCharging, story.start("p2c0", "a")).session_id == "a"
    ended = one(SessionEnded, story.stop("p2c0", 3_000))
    assert (ended.session_id, ended.energy_wh, ended.reason) == ("a", 5_000, "unplugged")


def test_nobody_else_is_admitted_there():
    story = paused()
    story.stop("p2c0", 2_000, reason="other")
    assert one(StartDenied, story.authorize("p2c0", None))


@pytest.mark.parametrize("reason", ["ev_disconnected", "remote", "unlock_command", "emergency_stop"])
def test_a_stop_that_somebody_wanted_ends_the_session_though_it_is_paused(reason: str):
    story = paused()
    assert one(SessionEnded, story.stop("p2c0", 2_000, reason=reason)).energy_wh == 2_000


def test_a_stop_by_the_drivers_own_card_ends_the_session_though_it_is_paused():
    story = paused()
    story.authorize("p2c0", "a")
    assert one(SessionEnded, story.stop("p2c0", 2_000, reason="local"))


def test_a_cable_that_is_taken_out_ends_an_interrupted_session():
    story = paused()
    story.stop("p2c0", 2_000, reason="other")
    ended = one(SessionEnded, story.status("p2c0", "available"))
    assert (ended.reason, ended.energy_wh) == ("unplugged", 2_000)


def test_a_charger_that_began_anew_with_the_cable_in_interrupts_the_session():
    story = SiteStory()
    story.charging("a", "p2c0")
    story.status("p2c0", "preparing")
    assert one(SessionInterrupted, story.stop("p2c0", 1_500, reason="restarted"))
    assert not of_type(story.events, SessionEnded, SessionPaused)


def test_a_car_that_is_plugged_in_after_a_lost_stop_is_not_taken_for_the_one_before_it():
    story = SiteStory()
    story.charging("a", "p2c0")
    story.status("p2c0", "preparing")
    assert one(SessionEnded, story.stop("p2c0", 1_500, reason="stop_lost")).reason == "stop_lost"


def test_a_car_whose_charger_forgot_its_transaction_goes_on_with_its_own_request():
    story = SiteStory()
    story.charging("a", "p2c0")
    assert one(SessionInterrupted, story.stop("p2c0", 1_500, reason="restarted"))
    assert one(SessionCharging, story.start("p2c0", "a")).session_id == "a"
    assert one(SessionEnded, story.stop("p2c0", 500)).energy_wh == 2_000


def test_another_car_at_the_outlet_of_an_interrupted_session_shows_that_its_car_has_left():
    story = paused()
    story.stop("p2c0", 2_000, reason="other")
    ended = one(SessionEnded, story.start("p2c0", "b"))
    assert (ended.session_id, ended.reason, ended.energy_wh) == ("a", "unplugged", 2_000)


def test_a_lost_stop_ends_the_session_and_the_late_stop_corrects_its_energy_once():
    story = SiteStory()
    story.charging("a", "p2c0")
    transaction_id = story.transactions["p2c0"]
    ended = one(SessionEnded, story.stop("p2c0", 1_500, reason="stop_lost", estimated=True))
    assert (ended.state, ended.reason, ended.energy_wh, ended.estimated) == ("completed", "stop_lost", 1_500, True)
    corrected = one(SessionEnergyCorrected, late_stop(story, transaction_id, 1_800))
    assert (corrected.session_id, corrected.energy_wh, corrected.estimated) == ("a", 1_800, False)
    assert not of_type(late_stop(story, transaction_id, 1_900), SessionEnergyCorrected)


def late_stop(story: SiteStory, transaction_id: int, energy_wh: int, *, estimated: bool = False) -> list:
    return story.when(
        load.TransactionStopCorrected(
            transaction_id=transaction_id,
            charger_id="p2c0",
            vehicle_id=None,
            energy_wh=energy_wh,
            meter_stop_wh=1_000 + energy_wh,
            reason="local",
            estimated=estimated,
        )
    )


def restarted(energy_wh: int = 1_500) -> tuple[SiteStory, int]:
    """A session whose charger began anew without its stop, and the transaction that was so interrupted."""
    story = SiteStory()
    story.charging("a", "p2c0")
    transaction_id = story.transactions["p2c0"]
    story.status("p2c0", "preparing")
    story.stop("p2c0", energy_wh, reason="restarted", estimated=True)
    return story, transaction_id


def test_a_late_stop_of_a_restarted_charger_corrects_the_session_that_went_on():
    story, first = restarted()
    story.start("p2c0", "a")
    corrected = one(SessionEnergyCorrected, late_stop(story, first, 1_800))
    assert (corrected.energy_wh, corrected.open) == (1_800, True)
    ended = one(SessionEnded, story.stop("p2c0", 500))
    assert (ended.energy_wh, ended.estimated) == (2_300, False)
    assert not of_type(late_stop(story, first, 1_900), SessionEnergyCorrected)


def test_a_late_stop_of_a_restarted_charger_corrects_the_session_that_is_over():
    story, first = restarted()
    story.start("p2c0", "a")
    ended = one(SessionEnded, story.stop("p2c0", 500))
    assert (ended.energy_wh, ended.estimated) == (2_000, True)
    corrected = one(SessionEnergyCorrected, late_stop(story, first, 1_800))
    assert (corrected.energy_wh, corrected.estimated, corrected.open) == (2_300, False, False)


def test_a_late_stop_corrects_an_interrupted_session_whose_car_has_left():
    story, first = restarted()
    ended = one(SessionEnded, story.status("p2c0", "available"))
    assert (ended.energy_wh, ended.estimated) == (1_500, True)
    corrected = one(SessionEnergyCorrected, late_stop(story, first, 1_800))
    assert (corrected.energy_wh, corrected.estimated) == (1_800, False)


def test_each_lost_stop_of_a_session_corrects_it_once():
    story, first = restarted()
    story.start("p2c0", "a")
    second = story.transactions["p2c0"]
    ended = one(SessionEnded, story.stop("p2c0", 500, reason="stop_lost", estimated=True))
    assert (ended.energy_wh, ended.estimated) == (2_000, True)
    corrected = one(SessionEnergyCorrected, late_stop(story, second, 700))
    assert (corrected.energy_wh, corrected.estimated) == (2_200, True), "the first one is still an estimate"
    corrected = one(SessionEnergyCorrected, late_stop(story, first, 1_800))
    assert (corrected.energy_wh, corrected.estimated) == (2_500, False)


def test_energy_that_no_stop_makes_known_stays_an_estimate():
    story, first = restarted()
    story.start("p2c0", "a")
    assert one(SessionEnded, story.stop("p2c0", 500, estimated=True)).estimated
    assert one(SessionEnergyCorrected, late_stop(story, first, 1_800)).estimated
