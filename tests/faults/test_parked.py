"""A defect that stops one site: the others go on, its chargers fall back by themselves, and the mend brings it back."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from domain.records.load import GridLimitSet
from domain.records.time import StreamParked
from processors.engine.build import this_build
from processors.engine.history import records_of
from simulators.charger.battery import Car
from simulators.charger.charge_point import ChargePoint
from simulators.charger.outlet import Outlet
from simulators.people.commissioning import commission
from simulators.server.rest import Api
from simulators.world.site import CHARGER_A, VOLTAGE_V, Charger, Site
from simulators.world.truth import Node
from simulators.world.world import World
from tests.faults.supervisor import Place
from tests.faults.world import world_of
from tests.services.server import call

STARTS = "2019-03-08T08:00:00+00:00"
DEFECT_KW = 13
FIRM_KW = 2


def a_site(id_: str) -> Site:
    return Site(
        id_,
        20,
        FIRM_KW,
        "z",
        [Node("site", None, "site", limit_kw=20)],
        [Charger.single(f"{id_}-1", "site", ("L1",))],
    )


async def brought_into_service(world: World, api: Api, place: Place) -> Outlet:
    (credentials,) = await a_site("garage").register(api)
    identity = credentials.ocpp_id, credentials.password
    point = ChargePoint(world.time, place.addresses.ocpp, *identity, voltage_v=VOLTAGE_V, max_a=CHARGER_A)
    world.points.append(point)
    await point.lifecycle.power_up()
    outlet = point.outlets[1]
    await commission(world.time, api, "garage", outlet)
    return outlet


async def events(place: Place) -> list:
    log = SqliteLog.open(place.data, read_only=True)
    try:
        partitions = range(log.partitions(topics.EVENTS))
        return [event for one in partitions async for _, event in records_of(log, topics.EVENTS, one)]
    finally:
        await log.close()


def mended(place: Place, server) -> object:
    """What the operator does: stop, unpark, start the build without the defect."""
    server.send_signal(signal.SIGTERM)
    assert server.wait(20) == 0
    done = call("unpark", "load:garage", "--data", str(place.data))
    assert done.returncode == 0, done.stderr
    return place.start()


async def test_a_defect_stops_one_site_and_unpark_brings_it_back(tmp_path: Path) -> None:
    place = await asyncio.to_thread(Place.new, tmp_path / "data", STARTS)
    servers = [place.start("--defect", str(DEFECT_KW * 1000))]
    try:
        async with world_of(place, a_site("garage")) as (world, api):

            async def scenario() -> None:
                outlet = await brought_into_service(world, api, place)
                await a_site("other").register(api)
                outlet.plug(Car(60, 0.2, CHARGER_A, voltage_v=VOLTAGE_V))
                assert await outlet.authorize("card") == await outlet.start("card") == "Accepted"
                await world.time.sleep(180)
                assert outlet.connector.current_a() == pytest.approx(CHARGER_A)

                undecided = await api.post("/sites/garage/grid-limit", {"limit_kw": DEFECT_KW})
                assert undecided["holds_from"] is None
                elsewhere = await api.post("/sites/other/grid-limit", {"limit_kw": DEFECT_KW - 1})
                assert elsewhere["guaranteed"] is True

                await world.time.sleep(900)
                assert world.truth.load_kw <= FIRM_KW

                servers.append(mended(place, servers[0]))
                await world.time.sleep(300)
                assert outlet.connector.current_a() == pytest.approx(CHARGER_A)
                outlet.unplug()

            await world.run(scenario())
    finally:
        for server in servers:
            server.send_signal(signal.SIGTERM)
            server.wait(20)

    told = await events(place)
    assert {event.stream for event in told if isinstance(event.data, StreamParked)} == {"load:garage"}
    (cap,) = [event.data for event in told if isinstance(event.data, GridLimitSet) and event.stream == "load:garage"]
    assert cap.limit_w == DEFECT_KW * 1000
    assert "defective" in call("replay", "--data", str(place.data)).stderr
    replayed = call("replay", "--data", str(place.data), "--from", f"build-{this_build()}")
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
