"""What a site, its chargers, its cars and an ambulance are told from outside within minutes, timers included."""

from __future__ import annotations

from domain.records import Payload, Record, registry
from tests.processors.town import Town

COMMANDS = {
    registry.SiteRegistered: registry.RegisterSite,
    registry.ChargerRegistered: registry.RegisterCharger,
    registry.VehicleRegistered: registry.RegisterVehicle,
}


class Described(Town):
    """A town that describes itself to the registry, which then tells everybody."""

    def message(self, stream: str, payload: Payload) -> None:
        self.tell(stream, COMMANDS[type(payload)](**payload.__dict__))


def story(site_id: str) -> list[Record]:
    """An ordinary car charges at each of two chargers; an ambulance comes on a mission and has priority."""
    town = Described(limit_a=40, charger_ids=tuple(f"{site_id}-{name}" for name in "abc"), site_id=site_id)
    for car in ("u", "w"):
        town.vehicle(f"{site_id}-{car}")
        town.charge(f"{site_id}-{car}")
        town.run(60)
    enterprise, described = f"{site_id}-e", f"registry:enterprise:{site_id}-e"
    town.tell(described, registry.RegisterEnterprise(enterprise_id=enterprise, kind="emergency"))
    town.tell(described, registry.ApproveEnterprise(enterprise_id=enterprise, daily_grants=3))
    ambulance = f"{site_id}-ambulance"
    town.vehicle(ambulance, enterprise_id=enterprise, priority_eligible=True)
    town.on_mission(ambulance, enterprise)
    town.charge(ambulance)
    town.run(60)
    town.unplug(f"{site_id}-a")
    town.run(30)
    return town.given
