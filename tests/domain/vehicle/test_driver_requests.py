"""The requests of drivers: one open session a vehicle, and its life at the site."""

from __future__ import annotations

import pytest

from domain.records.sites import SessionEnded, SessionRefused
from domain.records.vehicles import (
    AcceptOffer,
    AcceptRequested,
    CancelRequested,
    CancelSession,
    SessionClosed,
    SessionRequested,
    SnoozeOffer,
    SnoozeRequested,
)
from domain.site.session import EVERYONE
from tests.stories.story import MINUTE_MS, START_MS, rejection
from tests.stories.vehicle import VehicleStory


def ended(session_id: str) -> SessionEnded:
    return SessionEnded(
        session_id=session_id,
        vehicle_id="v",
        charger_id="c",
        state="completed",
        reason="target_reached",
        energy_wh=24_000,
        waited_ms=0,
    )


def refused(session_id: str) -> SessionRefused:
    return SessionRefused(session_id=session_id, vehicle_id="v", reason="this site has no chargers")


def test_a_request_goes_to_the_site_with_what_the_car_can_and_needs():
    assert VehicleStory().request() == [
        SessionRequested(
            session_id="s1",
            vehicle_id="v",
            site_id="north",
            tier=EVERYONE,
            target_permille=800,
            level_permille=400,
            need_wh=24_000,
            depart_ms=START_MS + 60 * MINUTE_MS,
            max_ma=32_000,
            phases=3,
        )
    ]


def test_an_unknown_vehicle_can_not_ask():
    assert rejection(VehicleStory(None).request()) == ("vehicle_id", "this vehicle is not registered")


def test_a_vehicle_has_one_session_at_a_time():
    story = VehicleStory()
    story.request("s1")
    assert rejection(story.request("s2")) == ("vehicle_id", "this vehicle has session s1 open")
    assert story.when(CancelSession(session_id="s1")) == [CancelRequested(session_id="s1", site_id="north")]


DRIVER_COMMANDS = [
    (AcceptOffer, AcceptRequested),
    (SnoozeOffer, SnoozeRequested),
    (CancelSession, CancelRequested),
]


@pytest.mark.parametrize(("command", "event"), DRIVER_COMMANDS)
def test_a_driver_s_command_goes_to_the_site_of_the_session(command, event):
    story = VehicleStory()
    story.request("s1", site_id="south")
    assert story.when(command(session_id="s1")) == [event(session_id="s1", site_id="south")]


@pytest.mark.parametrize(("command", "_event"), DRIVER_COMMANDS)
@pytest.mark.parametrize("open_session", [None, "s1"])
def test_a_driver_has_no_say_in_a_session_that_is_not_open(command, _event, open_session):
    story = VehicleStory()
    if open_session:
        story.request(open_session)
    assert rejection(story.when(command(session_id="s9"))) == ("session_id", "this vehicle has no such session open")


@pytest.mark.parametrize(
    ("end", "closed"),
    [
        (
            ended("s1"),
            SessionClosed(session_id="s1", vehicle_id="v", state="completed", reason="target_reached"),
        ),
        (
            refused("s1"),
            SessionClosed(session_id="s1", vehicle_id="v", state="refused", reason="this site has no chargers"),
        ),
    ],
)
def test_the_end_of_its_session_frees_the_vehicle(end, closed):
    story = VehicleStory()
    story.request("s1")
    assert story.when(end) == [closed]
    assert rejection(story.when(CancelSession(session_id="s1")))[0] == "session_id"
    [event] = story.request("s2", site_id="south")
    assert (event.session_id, event.site_id) == ("s2", "south")


@pytest.mark.parametrize("end", [ended("s0"), refused("s0")])
@pytest.mark.parametrize("open_session", [None, "s1"])
def test_the_end_of_another_session_is_ignored(end, open_session):
    story = VehicleStory()
    if open_session:
        story.request(open_session)
    before = story.state
    assert story.when(end) == []
    assert story.state == before
