"""Vehicles: a description that makes sense is registered, with what is not known of it left open."""

from __future__ import annotations

import pytest

from domain.records.registry import CardChanged, ChangeCard, VehicleRegistered
from domain.registry.site_tree import MAX_MA
from tests.stories.registry import VEHICLE, changed, given, when

KEY = "vehicle:v"


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"battery_wh": 999}, "battery_wh"),
        ({"battery_wh": 2_000_001}, "battery_wh"),
        ({"max_ma": 0}, "max_ma"),
        ({"max_ma": MAX_MA + 1}, "max_ma"),
        ({"phases": 0}, "phases"),
        ({"phases": 4}, "phases"),
        ({"priority_eligible": True}, "priority_eligible"),
    ],
)
def test_a_vehicle_that_makes_no_sense_is_rejected(different, field):
    when(changed(VEHICLE, **different), KEY).then_rejected(field)


@pytest.mark.parametrize(
    "different",
    [
        {},
        {"battery_wh": 1_000},
        {"battery_wh": 2_000_000},
        {"battery_wh": None},
        {"max_ma": None},
        {"max_ma": MAX_MA},
        {"phases": 1},
        {"priority_eligible": True, "enterprise_id": "e"},
    ],
)
def test_a_vehicle_is_registered_as_it_was_described_to_the_edges_of_what_makes_sense(different):
    command = changed(VEHICLE, **different)
    story = when(command, KEY).then(VehicleRegistered(**command.__dict__))
    assert story.state.vehicle == VehicleRegistered(**command.__dict__)


@pytest.mark.parametrize("use", ["active", "blocked", "removed"])
def test_a_card_of_a_vehicle_may_be_used_as_was_said_last(use):
    command = ChangeCard(vehicle_id="v", token_ref="tok_1", use=use, expires_ms=1)
    story = given(VEHICLE, key=KEY).decide(command)
    story.then(CardChanged(vehicle_id="v", token_ref="tok_1", use=use, expires_ms=1))


def test_a_card_of_no_vehicle_is_rejected():
    when(ChangeCard(vehicle_id="v", token_ref="tok_1", use="active"), KEY).then_rejected("vehicle_id")
