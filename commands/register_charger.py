"""The request to register a charger, with one connector or several, at nodes of a site's electrical tree."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from commands.log.topics import stream
from commands.quantities import Amperes, Identifier, Volts, round_down, round_nearest, round_up
from commands.request import Request
from domain.electrical.outlet_id import ONLY
from domain.records.registry import ConnectorSpec, RegisterCharger
from domain.registry.site_tree import MAX_CONNECTOR

PHASES = ("L1", "L2", "L3")
Phases = Annotated[list[Literal["L1", "L2", "L3"]], Field(min_length=1, max_length=3)]


class ConnectorRequest(Request):
    """A connector (OCPP 1.6) or EVSE (OCPP 2) of a charger. What is left out is as for the charger."""

    id: Annotated[int, Field(ge=1, le=MAX_CONNECTOR)]
    """The number by which the charger reports it."""
    node: Identifier | None = None
    phases: Phases | None = None
    max_a: Amperes | None = None
    min_a: Amperes | None = None


class ChargerRequest(Request):
    """A charger at a node of a site's electrical tree, with one connector or several."""

    field_names: ClassVar[dict[str, str]] = {
        "charger_id": "id",
        "max_ma": "max_a",
        "min_ma": "min_a",
        "voltage_mv": "voltage_v",
    }

    id: Identifier
    site_id: Identifier
    node: Identifier
    phases: Phases
    """The site's phases that the charger is wired to, in the charger's own order."""
    max_a: Amperes
    """The highest current per phase."""
    min_a: Amperes = 6
    """The lowest current per phase with which a car charges."""
    voltage_v: Volts
    """The voltage between a phase and neutral."""
    connectors: Annotated[list[ConnectorRequest], Field(min_length=1, max_length=MAX_CONNECTOR)] | None = None
    """The connectors of a charger with several; each is an outlet of its own. Their shared cable is a node of the
    tree."""
    ocpp_id: Identifier | None = None
    """The identity by which the charger connects; the id where it is left out."""

    def command(self) -> RegisterCharger:
        """The command, in mA and mV. A charger with one connector is described by its own fields alone."""
        specs = [self._connector(connector) for connector in self.connectors or [ConnectorRequest(id=ONLY)]]
        alone = specs[0] if len(specs) == 1 else self._connector(ConnectorRequest(id=ONLY))
        return RegisterCharger(
            charger_id=self.id,
            site_id=self.site_id,
            node=alone.node,
            phases=alone.phases,
            max_ma=alone.max_ma,
            min_ma=alone.min_ma,
            voltage_mv=round_nearest(self.voltage_v, 1000),
            connectors=tuple(specs) if len(specs) > 1 else (),
            ocpp_id=self.ocpp_id or "",
        )

    def nodes(self) -> set[str]:
        """The nodes that its outlets hang at."""
        return {self.node, *(connector.node for connector in self.connectors or [] if connector.node is not None)}

    def _connector(self, connector: ConnectorRequest) -> ConnectorSpec:
        return ConnectorSpec(
            connector_id=connector.id,
            node=connector.node or self.node,
            phases=tuple(PHASES.index(phase) for phase in connector.phases or self.phases),
            max_ma=round_down(self.max_a if connector.max_a is None else connector.max_a, 1000),
            min_ma=round_up(self.min_a if connector.min_a is None else connector.min_a, 1000),
        )

    def stream(self) -> str:
        """The stream of the charger in the registry."""
        return stream("registry", f"charger:{self.id}")
