"""What an operator watches on /metrics: backlogs, stopped streams, who is there, what is decided."""

from __future__ import annotations

import asyncio
import re

from commands.log import topics
from commands.log.codec import entry
from domain.records import input_record
from domain.records.load import ChargerConnected, GridLimitSet
from domain.records.sites import SessionCharging
from domain.records.time import StreamUnparked
from domain.records.vehicles import SnoozeOffer
from tests.api.world import NOW_MS, World, impatient, silent


async def told(world: World, name: str) -> dict[str, float]:
    """The samples of a metric: labels as they are written -> value."""
    page = (await world.client.get("/metrics")).text
    found = re.findall(rf"^commonwatt_{name}\{{(.*)\}} (\S+)$", page, re.MULTILINE)
    return {labels: float(value) for labels, value in found}


async def set_aside(world: World, *streams: str) -> None:
    """What the host does with the inputs of a stream that a defect has stopped."""
    for stream in streams:
        record = input_record(f"of {stream}", "/test", stream, NOW_MS, SnoozeOffer(session_id="s"), actor="a")
        await world.log.append(topics.parked(stream.partition(":")[0]), [entry(record)])


async def let_go(world: World, stream: str) -> None:
    record = input_record(f"go {stream}", "/operator", stream, NOW_MS, StreamUnparked(), actor="a")
    await world.log.append(topics.parked(stream.partition(":")[0]), [entry(record)])


async def test_inputs_that_wait_for_a_processor_are_counted(world: World) -> None:
    await world.site()
    world.deciding.clear()
    with impatient():
        await world.post("/sites/north/grid-limit", {"limit_kw": 20})
    behind = {f'processor="{name}"': 0 for name in topics.PROCESSORS}
    assert await told(world, "inputs_behind") == behind | {'processor="load"': 1}
    world.deciding.set()
    async with asyncio.timeout(10):
        while await told(world, "inputs_behind") != behind:
            await asyncio.sleep(0)


async def test_how_far_the_time_series_are_behind(world: World) -> None:
    vehicle_id = await world.vehicle()
    await world.post(f"/vehicles/{vehicle_id}/telemetry", {"observed_at": "2026-09-21T14:13:00Z", "soc": 50})
    async with asyncio.timeout(10):
        while (await told(world, "series_behind"))['topic="vehicles.inputs"']:
            await asyncio.sleep(0)
    world.script[SnoozeOffer] = silent
    record = input_record("one more", "/test", "vehicles:v", NOW_MS, SnoozeOffer(session_id="s"), actor="a")
    await world.log.append("vehicles.inputs", [entry(record)])
    behind = await told(world, "series_behind")
    assert behind['topic="vehicles.inputs"'] > 0, "what tells no reading is not noted"
    assert behind['topic="load.inputs"'] == 0


async def test_stopped_streams_are_counted_until_they_are_let_go(world: World) -> None:
    nothing = {f'processor="{name}"': 0.0 for name in topics.PROCESSORS}
    assert await told(world, "parked_streams") == nothing
    await set_aside(world, "sites:north", "sites:north", "sites:south", "load:north")
    stopped = nothing | {'processor="sites"': 2, 'processor="load"': 1}
    assert await told(world, "parked_streams") == stopped
    await let_go(world, "sites:north")
    assert await told(world, "parked_streams") == stopped | {'processor="sites"': 1}
    await set_aside(world, "sites:north")
    assert await told(world, "parked_streams") == stopped


async def test_sessions_are_counted_by_site_and_state(world: World) -> None:
    await world.site()
    assert await told(world, "sessions") == {}
    requested = await world.session()
    assert await told(world, "sessions") == {'site="north",state="queued"': 1}
    charging = SessionCharging(session_id=requested["id"], charger_id="c1", transaction_id="7", meter_start_wh=0)
    await world.tell(("sites:north", charging))
    assert await told(world, "sessions") == {'site="north",state="charging"': 1}


async def test_chargers_are_counted_by_whether_they_are_connected(world: World) -> None:
    await world.site()
    await world.charger("c1")
    await world.charger("c2")
    assert await told(world, "chargers") == {'connected="0",site="north"': 2}
    await world.tell(("load:north", ChargerConnected(charger_id="c1", connection_id="x")))
    assert await told(world, "chargers") == {'connected="0",site="north"': 1, 'connected="1",site="north"': 1}


async def test_events_are_counted_by_type(world: World) -> None:
    name = f'type="{GridLimitSet.type_name}"'
    await world.site()
    assert name not in await told(world, "events_total")
    for limit_kw in (20, 21, 22):
        await world.post("/sites/north/grid-limit", {"limit_kw": limit_kw})
    async with asyncio.timeout(10):
        while (await told(world, "events_total")).get(name) != 3:
            await asyncio.sleep(0)
    assert (await told(world, "events_total"))[name] == 3, "a second look adds nothing"
