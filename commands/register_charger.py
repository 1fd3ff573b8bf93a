"""The request to register a charger at a node of a site's electrical tree. Its id is its OCPP identity."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from commands.log.topics import stream
from commands.quantities import Amperes, Identifier, Volts, round_down, round_nearest, round_up
from commands.request import Request
from domain.records.registry import RegisterCharger

PHASES = ("L1", "L2", "L3")


class ChargerRequest(Request):
    """A charger at a node of a site's electrical tree. Its id is its OCPP identity."""

    field_names: ClassVar[dict[str, str]] = {
        "charger_id": "id",
        "max_ma": "max_a",
        "min_ma": "min_a",
        "voltage_mv": "voltage_v",
    }

    id: Identifier
    site_id: Identifier
    node: Identifier
    phases: Annotated[list[Literal["L1", "L2", "L3"]], Field(min_length=1, max_length=3)]
    """The site's phases that the charger is wired to, in the charger's own order."""
    max_a: Amperes
    """The highest current per phase."""
    min_a: Amperes = 6
    """The lowest current per phase with which a car charges."""
    voltage_v: Volts
    """The voltage between a phase and neutral."""

    def command(self) -> RegisterCharger:
        """The command, in mA and mV."""
        return RegisterCharger(
            charger_id=self.id,
            site_id=self.site_id,
            node=self.node,
            phases=tuple(PHASES.index(phase) for phase in self.phases),
            max_ma=round_down(self.max_a, 1000),
            min_ma=round_up(self.min_a, 1000),
            voltage_mv=round_nearest(self.voltage_v, 1000),
        )

    def stream(self) -> str:
        """The stream of the charger in the registry."""
        return stream("registry", f"charger:{self.id}")
