"""Register a vehicle. VIN and token go to the vault; the log knows the vehicle by an opaque id."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import StringConstraints

from commands.quantities import Amperes, KilowattHours, PhaseCount, round_down, round_nearest
from commands.request import Request
from commands.topics import stream
from domain.records.registry import RegisterVehicle

VIN_PATTERN = r"^[A-HJ-NPR-Za-hj-npr-z0-9]{17}$"
Vin = Annotated[str, StringConstraints(strict=True, to_upper=True, pattern=VIN_PATTERN)]
"""ISO 3779: 17 letters and digits without I, O, Q."""
Token = Annotated[str, StringConstraints(strict=True, pattern=r"^[!-~]{1,20}$")]
"""An OCPP 1.6 idTag: at most 20 printable ASCII characters; case does not matter."""


class VehicleRequest(Request):
    """What is not known of the car is left out, never guessed. `max_a` is per phase."""

    said_as: ClassVar[dict[str, str]] = {"battery_wh": "battery_kwh", "max_ma": "max_a", "id": "vin"}

    vin: Vin
    battery_kwh: KilowattHours | None = None
    max_a: Amperes | None = None
    phases: PhaseCount = 1
    token: Token | None = None

    def command(self, vehicle_id: str) -> RegisterVehicle:
        return RegisterVehicle(
            vehicle_id=vehicle_id,
            battery_wh=None if self.battery_kwh is None else round_nearest(self.battery_kwh, 1000),
            max_ma=None if self.max_a is None else round_down(self.max_a, 1000),
            phases=self.phases,
        )

    @staticmethod
    def stream(vehicle_id: str) -> str:
        return stream("registry", f"vehicle:{vehicle_id}")
