"""`vehicles`: one active session per vehicle, told as given inputs, when a request comes, then events."""

from __future__ import annotations

from domain.records.load import CapacityChanged
from tests.stories.story import rejection
from tests.stories.vehicle import VehicleStory


def test_what_is_not_for_a_vehicle_is_rejected():
    assert rejection(VehicleStory().when(CapacityChanged(limits=(), fixed=())))[0] == "type"
