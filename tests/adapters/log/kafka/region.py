"""What a site, its chargers, its cars and an ambulance are told from outside within minutes, timers included."""

from __future__ import annotations

from domain.records import Record
from tests.stories.town import Town


def story(site_id: str) -> list[Record]:
    """An ordinary car charges at each of two chargers; an ambulance comes on a mission and has priority."""
    town = Town(limit_a=40, charger_ids=tuple(f"{site_id}-{name}" for name in "abc"), site_id=site_id)
    for car in ("u", "w"):
        town.vehicle(f"{site_id}-{car}")
        town.charge(f"{site_id}-{car}")
        town.run(60)
    enterprise = f"{site_id}-e"
    town.approve(enterprise)
    ambulance = f"{site_id}-ambulance"
    town.vehicle(ambulance, enterprise_id=enterprise, priority_eligible=True)
    town.on_mission(ambulance, enterprise)
    town.charge(ambulance)
    town.run(60)
    town.unplug(f"{site_id}-a")
    town.run(30)
    return town.inputs
