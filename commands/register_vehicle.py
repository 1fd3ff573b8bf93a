"""Register a vehicle. VIN and token are stored in the vault; the log knows an opaque id."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from commands.log.topics import stream
from commands.quantities import Amperes, Identifier, KilowattHours, PhaseCount, round_down, round_nearest
from commands.request import Request
from domain.records.registry import RegisterVehicle

VIN_PATTERN = r"^[A-HJ-NPR-Za-hj-npr-z0-9]{17}$"
Vin = Annotated[str, StringConstraints(strict=True, to_upper=True, pattern=VIN_PATTERN)]
"""ISO 3779: 17 letters and digits without I, O, Q."""
IdTag = Annotated[str, StringConstraints(strict=True, pattern=r"^[!-~]{1,20}$")]
"""An OCPP 1.6 idTag: at most 20 printable ASCII characters. Its case does not matter."""


class VehicleRequest(Request):
    """A vehicle. Values that are not known are left out, never guessed."""

    field_names: ClassVar[dict[str, str]] = {
        "battery_wh": "battery_kwh",
        "max_ma": "max_a",
        "id": "vin",
        "owner_id": "owner_user_id",
    }

    vin: Vin
    battery_kwh: KilowattHours | None = None
    max_a: Amperes | None = None
    """The highest current per phase that the car draws."""
    phases: PhaseCount = 1
    token: IdTag | None = None
    """The card with which it charges (an OCPP 1.6 idTag)."""
    owner_user_id: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9-]{1,64}$")] | None = None
    """The user who drives it."""
    enterprise_id: Identifier | None = None
    priority_eligible: Annotated[bool, Field(strict=True)] = False
    """Whether its enterprise enrols it as a unit that may have priority."""

    def command(self, vehicle_id: str) -> RegisterVehicle:
        """The command, without VIN and token, in Wh and mA."""
        return RegisterVehicle(
            vehicle_id=vehicle_id,
            battery_wh=None if self.battery_kwh is None else round_nearest(self.battery_kwh, 1000),
            max_ma=None if self.max_a is None else round_down(self.max_a, 1000),
            phases=self.phases,
            owner_id=self.owner_user_id,
            enterprise_id=self.enterprise_id,
            priority_eligible=self.priority_eligible,
        )

    @staticmethod
    def stream(vehicle_id: str) -> str:
        """The stream of the vehicle in the registry."""
        return stream("registry", f"vehicle:{vehicle_id}")
