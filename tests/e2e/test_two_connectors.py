"""A charger with two connectors at a running server, over real sockets: two outlets on one cable."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from random import Random

import pytest

from simulators.charger.outlet import Outlet
from simulators.people.board import Board
from simulators.people.commissioning import commission
from simulators.people.day import Visit
from simulators.people.drivers import Hub, Member
from simulators.people.people import register_car, register_user
from simulators.server.ledger import Ledger
from simulators.server.rest import Api
from simulators.world.site import Charger, Site
from simulators.world.truth import Node
from simulators.world.world import World
from tests.faults.supervisor import Place
from tests.faults.world import world_of

STARTS = "2019-03-08T08:00:00+00:00"
CABLE_A = 20
SITE = Site(
    "yard",
    10,
    2,
    "z",
    [Node("site", None, "site", limit_kw=10), Node("cable", "site", "panel", limit_a=(CABLE_A,) * 3)],
    [Charger.double("d", "cable", ("L1",))],
)
MINUTE_MS = 60_000


async def in_service(world: World, api: Api, place: Place) -> dict[str, Outlet]:
    """The charger's outlets by id, each proven to obey."""
    (credentials,) = await SITE.register(api)
    point = SITE.point(world.time, place.addresses.ocpp, credentials)
    world.points.append(point)
    await point.lifecycle.power_up()
    for outlet in world.outlets():
        await commission(world.time, api, SITE.id, outlet)
    return {outlet.id: outlet for outlet in world.outlets()}


async def a_member(hub: Hub, place: Place, number: int, minutes: int) -> Member:
    """A driver with a registered car that is nearly empty, and that stays for so long."""
    arrival_ms = hub.time.now_ms + number * MINUTE_MS
    visit = Visit(f"v{number}", arrival_ms, arrival_ms + minutes * MINUTE_MS, 60.0, 100, 900, 2.0)
    own = await register_user(hub.api, f"driver-{number}@example.org", "driver")
    api = Api(place.addresses.api, own, Ledger(), seed=str(number))
    vehicle_id = await register_car(api, number, visit, f"card-{number}")
    return Member(hub, visit, f"card-{number}", Random(number), vehicle_id, api)


async def entries(api: Api) -> dict[str, dict]:
    return {entry["id"]: entry for entry in (await api.get(f"/sites/{SITE.id}/chargers"))["chargers"]}


async def test_each_connector_has_its_session_and_the_stop_of_one_leaves_the_other(tmp_path: Path) -> None:
    place = await asyncio.to_thread(Place.new, tmp_path / "data", STARTS)
    server = place.start()
    try:
        async with world_of(place, SITE) as (world, api):
            members: list[Member] = []

            async def scenario() -> None:
                outlets = await in_service(world, api, place)
                assert outlets.keys() == {"d:1", "d:2"}
                hub = Hub(world.time, api, Board(world.time, api, SITE.id), SITE.id, outlets)
                members.extend([await a_member(hub, place, 1, 40), await a_member(hub, place, 2, 80)])
                lives = [world.time.spawn(member.live()) for member in members]
                await world.time.sleep(30 * 60)

                assert {member.life.charger for member in members} == outlets.keys()
                of_first, of_second = (outlets[member.life.charger or ""] for member in members)
                limits_a = [outlet.connector.limit_a() for outlet in (of_first, of_second)]
                assert min(limits_a) >= 6
                assert sum(limits_a) <= CABLE_A
                assert [outlet.status for outlet in (of_first, of_second)] == ["Charging", "Charging"]
                known = await entries(api)
                assert [known[outlet.id]["session_id"] for outlet in (of_first, of_second)] == [
                    member.life.session for member in members
                ]

                await world.time.sleep(20 * 60)
                assert [outlet.status for outlet in (of_first, of_second)] == ["Available", "Charging"]
                assert of_second.connector.current_a() == pytest.approx(CABLE_A, abs=1)
                known = await entries(api)
                assert (known[of_second.id]["session_state"], known[of_first.id]["session_id"]) == ("charging", None)
                for life in lives:
                    await world.time.park(life)
                await world.time.sleep(60)
                for member in members:
                    session = await member.api.get(f"/sessions/{member.life.session}")
                    assert session["state"] == "completed"
                    assert session["energy_kwh"] == pytest.approx(member.life.energy_kwh, abs=0.01)
                    assert member.life.energy_kwh > 1
                    await member.api.close()

            await world.run(scenario())
            assert world.truth.overload_s == 0
            assert [point.link.errors for point in world.points] == [[]]
            assert [member.life.notes for member in members] == [[], []]
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
