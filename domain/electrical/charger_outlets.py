"""The outlets of a charger, as its registration describes them."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from domain.electrical.outlet_id import ONLY, outlet_id
from domain.errors import DomainError
from domain.records.registry import ChargerRegistered, ConnectorSpec, RegisterCharger


def described_outlets(charger: ChargerRegistered | RegisterCharger) -> list[dict[str, Any]]:
    """The fields by which events describe each outlet."""
    return [
        {"charger_id": outlet, "voltage_mv": charger.voltage_mv, **spec.model_dump(exclude={"connector_id"})}
        for outlet, spec in outlets_of(charger).items()
    ]


def check_nodes(charger: ChargerRegistered, known: Container[str], rule: str) -> None:
    """Raise `DomainError`, for the sake of `rule`, where an outlet hangs at a node that is not known."""
    for outlet in outlets_of(charger).values():
        if outlet.node not in known:
            raise DomainError(f"the site has no node {outlet.node}", field="node", rule=rule)


def outlets_of(charger: ChargerRegistered | RegisterCharger) -> dict[str, ConnectorSpec]:
    """The description of each outlet, by its id."""
    if charger.connectors:
        return {outlet_id(charger.charger_id, one.connector_id, alone=False): one for one in charger.connectors}
    own = ConnectorSpec(
        connector_id=ONLY, node=charger.node, phases=charger.phases, max_ma=charger.max_ma, min_ma=charger.min_ma
    )
    return {outlet_id(charger.charger_id, ONLY, alone=True): own}
