"""The story of a vehicle."""

from __future__ import annotations

from domain.records import Payload
from domain.records.registry import VehicleRegistered
from domain.records.vehicles import RequestSession
from processors.vehicles import Vehicles
from tests.stories.story import MINUTE_MS, START_MS, Story

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
