"""What the community consists of: sites with their electrical tree, chargers, vehicles. No personal data."""

from __future__ import annotations

from typing import Literal

from domain.records.catalogue import Payload, record_type


class NodeSpec(Payload):
    """A node of a site's tree; `limit_ma` per phase L1, L2, L3, `limit_w` in total."""

    id: str
    parent: str | None
    kind: Literal["site", "transformer", "panel", "circuit"]
    limit_ma: tuple[int, int, int] | None = None
    limit_w: int | None = None


@record_type("registry.register_site.v1", "command")
class RegisterSite(Payload):
    site_id: str
    location_zone: str
    firm_w: int
    """The lowest cap that the utility will ever ask for."""
    nodes: tuple[NodeSpec, ...]


@record_type("registry.register_charger.v1", "command")
class RegisterCharger(Payload):
    charger_id: str
    site_id: str
    node: str
    phases: tuple[int, ...]
    """Indices of the site's phases: 0 is L1."""
    max_ma: int
    min_ma: int
    voltage_mv: int


@record_type("registry.register_vehicle.v1", "command")
class RegisterVehicle(Payload):
    vehicle_id: str
    battery_wh: int | None
    max_ma: int | None
    """What the car can draw per phase, where it is known."""
    phases: int


@record_type("registry.site_registered.v1", "event")
class SiteRegistered(Payload):
    site_id: str
    location_zone: str
    firm_w: int
    nodes: tuple[NodeSpec, ...]


@record_type("registry.charger_registered.v1", "event")
class ChargerRegistered(Payload):
    charger_id: str
    site_id: str
    node: str
    phases: tuple[int, ...]
    max_ma: int
    min_ma: int
    voltage_mv: int


@record_type("registry.vehicle_registered.v1", "event")
class VehicleRegistered(Payload):
    vehicle_id: str
    battery_wh: int | None
    max_ma: int | None
    phases: int
