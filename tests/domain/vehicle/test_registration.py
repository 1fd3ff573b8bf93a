"""The description of a vehicle."""

from __future__ import annotations

from domain.records.vehicles import VehicleAdded
from tests.stories.vehicle import CAR, VehicleStory


def test_a_registered_vehicle_is_added():
    assert VehicleStory(None).when(CAR) == [VehicleAdded(vehicle_id="v", battery_wh=60_000, max_ma=32_000, phases=3)]
