"""Where somebody charges who does not say where."""

import asyncio
from typing import Any

from tests.api.world import NOW, World, charger, session, site

OTHER_VIN = "WVWZZZ1JZXW000002"


def wish(**changed: Any) -> dict[str, Any]:
    """A request that does not say where."""
    return {name: value for name, value in session(**changed).items() if name != "site_id"}


async def test_who_does_not_say_where_gets_the_only_site(world: World) -> None:
    await world.post("/sites", site())
    await world.vehicle()
    answer = await world.post("/sessions/request", wish())
    assert (answer.status_code, answer.json()["site_id"]) == (202, "north")


async def test_who_does_not_say_where_gets_the_emptiest_site_near_her(world: World) -> None:
    for name, zone, charger_id in (("here", "9q5fp", "c1"), ("beside", "9q5fn", "c2"), ("far", "u4pru", "c3")):
        await world.post("/sites", site(id=name, location=zone))
        await world.post("/chargers", charger(id=charger_id, site_id=name))
    mine = await world.vehicle()
    other = (await world.post("/vehicles", {"vin": OTHER_VIN})).json()["id"]
    await world.post(f"/vehicles/{mine}/telemetry", {"observed_at": NOW, "gps": {"lat": 34.14, "lon": -118.128}})
    await world.post("/sessions/request", session(vehicle_id=other, site_id="beside"))
    async with asyncio.timeout(10):
        while not world.log.quiet():
            await asyncio.sleep(0)
    answer = await world.post("/sessions/request", wish())
    assert (answer.status_code, answer.json()["site_id"]) == (202, "here")


async def test_without_any_site_nobody_can_be_served(world: World) -> None:
    await world.vehicle()
    answer = await world.post("/sessions/request", wish())
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "site_id")
