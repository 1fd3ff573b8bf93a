"""`vehicles`: one active session per vehicle, told as given inputs, when a request comes, then events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError
from domain.records import Payload
from domain.records.load import CapacityChanged
from domain.records.registry import VehicleRegistered
from domain.records.sites import SessionEnded, SessionRefused
from domain.records.time import InputRejected
from domain.records.vehicles import (
    AcceptOffer,
    AcceptRequested,
    CancelRequested,
    CancelSession,
    RequestSession,
    SessionClosed,
    SessionRequested,
    SnoozeOffer,
    SnoozeRequested,
    VehicleAdded,
)
from domain.site.session import EVERYONE
from domain.vehicle.session_request import check_request, energy_need_wh
from processors.vehicles import Vehicles
from tests.stories.story import MINUTE_MS, START_MS, Story

DAY_MS = 24 * 60 * MINUTE_MS
CAR = VehicleRegistered(vehicle_id="v", battery_wh=60_000, max_ma=32_000, phases=3)


class VehicleStory(Story):
    """A vehicle that is registered as `car`, or one that nobody registered."""

    def __init__(self, car: VehicleRegistered | None = CAR) -> None:
        super().__init__(Vehicles(), stream="vehicles:v")
        if car is not None:
            self.given(car)

    def request(self, session_id: str = "s1", **different) -> list[Payload]:
        return self.when(asked(session_id, **different))


def asked(session_id: str = "s1", **different) -> RequestSession:
    request = RequestSession(
        session_id=session_id,
        vehicle_id="v",
        site_id="north",
        target_permille=800,
        level_permille=400,
        depart_ms=START_MS + 60 * MINUTE_MS,
    )
    return request.model_copy(update=different)


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


def rejection(told: list[Payload]) -> tuple[str, str]:
    """Field and reason of the one rejection."""
    [event] = told
    assert isinstance(event, InputRejected)
    return event.field, event.reason


def test_a_registered_vehicle_is_added():
    assert VehicleStory(None).when(CAR) == [VehicleAdded(vehicle_id="v", battery_wh=60_000, max_ma=32_000, phases=3)]


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


@pytest.mark.parametrize(
    ("different", "field", "reason"),
    [
        ({"target_permille": 0, "level_permille": None}, "target_soc", "above 0 %"),
        ({"target_permille": -1, "level_permille": None}, "target_soc", "above 0 %"),
        ({"target_permille": 1001}, "target_soc", "at most at 100 %"),
        ({"level_permille": -1}, "current_soc", "0 % to 100 %"),
        ({"level_permille": 1001}, "current_soc", "0 % to 100 %"),
        ({"level_permille": 800}, "target_soc", "at its target already"),
        ({"level_permille": 801}, "target_soc", "at its target already"),
        ({"depart_ms": START_MS - 1}, "time_constraint_minutes", "over already"),
        ({"depart_ms": START_MS}, "time_constraint_minutes", "over already"),
        ({"depart_ms": START_MS + 7 * DAY_MS + 1}, "time_constraint_minutes", "seven days"),
    ],
)
def test_a_request_that_makes_no_sense_is_rejected_by_the_name_of_its_field(different, field, reason):
    story = VehicleStory()
    found, why = rejection(story.request("s1", **different))
    assert found == field
    assert reason in why
    [accepted] = story.request("s2")
    assert isinstance(accepted, SessionRequested), "a rejected request leaves the vehicle free"


@pytest.mark.parametrize(
    "different",
    [
        {"target_permille": 1, "level_permille": 0},
        {"target_permille": 1000, "level_permille": 999},
        {"depart_ms": START_MS + 1},
        {"depart_ms": START_MS + 7 * DAY_MS},
    ],
)
def test_the_edges_of_what_may_be_asked_are_accepted(different):
    [event] = VehicleStory().request(**different)
    assert isinstance(event, SessionRequested)


@pytest.mark.parametrize(("level", "battery"), [(None, 60_000), (400, None), (None, None)])
def test_the_need_is_unknown_where_a_part_of_it_is(level, battery):
    story = VehicleStory(CAR.model_copy(update={"battery_wh": battery}))
    [event] = story.request(level_permille=level)
    assert event.need_wh is None


@pytest.mark.parametrize(
    ("target", "level", "battery_wh", "need_wh"),
    [(800, 400, 60_000, 24_000), (1000, 0, 1_001, 1_001), (1, 0, 1_000, 1), (1, 0, 1_001, 2), (1, 0, 1_999, 2)],
)
def test_the_need_is_the_missing_part_of_the_battery_rounded_up(target, level, battery_wh, need_wh):
    assert energy_need_wh(target, level, battery_wh) == need_wh


@given(st.integers(1, 1000), st.integers(0, 999), st.integers(1_000, 2_000_000))
def test_the_need_is_never_short_of_the_target_and_less_than_1_wh_over_it(target, level, battery_wh):
    if level >= target:
        with pytest.raises(DomainError):
            check_request(target, level, START_MS + 1, START_MS)
        return
    check_request(target, level, START_MS + 1, START_MS)
    missing_mwh = (target - level) * battery_wh
    assert 0 <= energy_need_wh(target, level, battery_wh) * 1000 - missing_mwh < 1000


DRIVER_COMMANDS = [
    (AcceptOffer, AcceptRequested),
    (SnoozeOffer, SnoozeRequested),
    (CancelSession, CancelRequested),
]


@pytest.mark.parametrize(("command", "event"), DRIVER_COMMANDS)
def test_what_a_driver_says_of_her_session_goes_to_its_site(command, event):
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


def test_what_is_not_for_a_vehicle_is_rejected():
    assert rejection(VehicleStory().when(CapacityChanged(limits=(), fixed=())))[0] == "type"
