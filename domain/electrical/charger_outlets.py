"""The outlets of a charger, as its registration describes them."""

from __future__ import annotations

from domain.electrical.outlet_id import ONLY, outlet_id
from domain.records.registry import ChargerRegistered, ConnectorSpec, RegisterCharger


def outlets_of(charger: ChargerRegistered | RegisterCharger) -> dict[str, ConnectorSpec]:
    """The description of each outlet, by its id."""
    if charger.connectors:
        return {outlet_id(charger.charger_id, one.connector_id, alone=False): one for one in charger.connectors}
    own = ConnectorSpec(
        connector_id=ONLY, node=charger.node, phases=charger.phases, max_ma=charger.max_ma, min_ma=charger.min_ma
    )
    return {outlet_id(charger.charger_id, ONLY, alone=True): own}
