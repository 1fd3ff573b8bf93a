"""The chain vehicle, holder, vehicle, site on a real log: each hears of it, and a replay decides the same."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from commands.log.codec import entry
from domain.records import Payload, input_record, load, registry
from domain.records.observations import Reading
from domain.records.vehicles import RequestSession
from processors.engine import history
from processors.engine.host import Host
from processors.engine.replay import replay
from processors.sites import Sites
from processors.vehicles import Vehicles
from tests.stories.site import NODES

BUILD = "b1"
NOW_MS = 1_000_000_000
ZONE = "9qh1u"
SITE = [
    registry.SiteRegistered(site_id="s", location_zone=ZONE, firm_w=25_000, nodes=NODES),
    registry.ChargerRegistered(
        charger_id="c", site_id="s", node="p2", phases=(0,), max_ma=32_000, min_ma=6_000, voltage_mv=230_000
    ),
    load.ChargerConnected(charger_id="c", connection_id="x"),
    load.ChargerStatusChanged(charger_id="c", evse_id=1, status="available", error_code="no_error"),
]
APPROVED = registry.EnterpriseApproved(enterprise_id="e", kind="emergency", daily_grants=1)


def vehicle(vehicle_id: str) -> registry.VehicleRegistered:
    return registry.VehicleRegistered(
        vehicle_id=vehicle_id, battery_wh=None, max_ma=None, phases=1, enterprise_id="e", priority_eligible=True
    )


def mission(vehicle_id: str, active: bool, observed_ms: int = NOW_MS) -> Reading:
    return Reading(
        vehicle_id=vehicle_id,
        source="integration",
        enterprise_id="e",
        observed_ms=observed_ms,
        mission_active=active,
        location_zone=ZONE,
    )


def request(vehicle_id: str) -> RequestSession:
    return RequestSession(
        session_id=f"s-{vehicle_id}",
        vehicle_id=vehicle_id,
        site_id="s",
        target_permille=800,
        level_permille=None,
        depart_ms=NOW_MS + 3_600_000,
        site_zone=ZONE,
    )


class Platform:
    """Hosts of `vehicles` and `sites` on one log."""

    def __init__(self, log: SqliteLog) -> None:
        self.log = log
        self.hosts = [Host(Vehicles(), log, BUILD), Host(Sites(), log, BUILD)]
        self.count = 0

    async def tell(self, stream: str, *payloads: Payload) -> None:
        """Append inputs, and wait until they and all the messages that follow are handled."""
        for payload in payloads:
            self.count += 1
            given = input_record(f"i{self.count}", "/test", stream, NOW_MS + self.count, payload, actor="t")
            await self.log.append(topics.inputs(stream.partition(":")[0]), [entry(given)])
            while not all(host.caught_up() for host in self.hosts):
                await asyncio.sleep(0)
            for host in self.hosts:
                async with host.busy:
                    pass

    async def events(self) -> list[tuple[str, str]]:
        """Stream and type of each, by stream in their order."""
        return [
            (record.stream, record.type)
            for partition in range(self.log.partitions(topics.EVENTS))
            async for _, record in history.records_of(self.log, topics.EVENTS, partition)
        ]


@asynccontextmanager
async def platform(folder):
    async with AsyncExitStack() as stack:
        log = SqliteLog.open(folder)
        stack.push_async_callback(log.close)
        parts = Platform(log)
        for host in parts.hosts:
            await host.restore()
        running = [asyncio.create_task(host.run()) for host in parts.hosts]
        yield parts
        for host in parts.hosts:
            await host.consumer.close()
        await asyncio.gather(*running)


def of_priority(events: list[tuple[str, str]], stream: str) -> list[str]:
    return [name for at, name in events if at == stream and ("priority" in name or "tier" in name)]


async def test_the_whole_chain_is_on_the_log_and_replays_equal(tmp_path):
    async with platform(tmp_path) as parts:
        await parts.tell("sites:s", *SITE)
        await parts.tell("vehicles:enterprise:e", APPROVED)
        await parts.tell("vehicles:v", vehicle("v"), mission("v", active=True), request("v"))
        await parts.tell("vehicles:w", vehicle("w"), mission("w", active=True), request("w"))
        state = parts.hosts[1].states["sites:s"].state
        assert (state.sessions["s-v"].tier, state.sessions["s-w"].tier) == (0, 2)
        await parts.tell("vehicles:v", mission("v", active=False, observed_ms=NOW_MS + 1))
        assert parts.hosts[1].states["sites:s"].state.sessions["s-v"].tier == 2
        events = await parts.events()
        assert of_priority(events, "vehicles:v") == [
            "priority.claimed.v1",
            "priority.granted.v1",
            "priority.expired.v1",
        ]
        assert of_priority(events, "vehicles:w") == ["priority.claimed.v1", "priority.denied.v1"]
        assert of_priority(events, "vehicles:enterprise:e") == [
            "priority.holder_approved.v1",
            "priority.quota_used.v1",
            "priority.quota_refused.v1",
        ]
        assert of_priority(events, "sites:s") == ["session.tier_changed.v1", "session.tier_changed.v1"]
        for processor in (Vehicles(), Sites()):
            done = await replay(parts.log, processor, BUILD, await parts.log.consumed(processor.name))
            assert done.difference is None
            assert done.events == sum(stream.startswith(f"{processor.name}:") for stream, _ in events)
