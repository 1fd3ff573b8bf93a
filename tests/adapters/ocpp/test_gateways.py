"""Two gateways on one log, with the real kernel: whose a charger is, through moves, half-open sockets and kills."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from websockets.exceptions import ConnectionClosed

from adapters.clock import SimulatedClock
from adapters.log.outcomes import Outcomes
from adapters.log.sqlite import SqliteLog
from adapters.ocpp import Gateway, Settings
from commands import topics
from commands.codec import decode, entry
from commands.ports import Log, Stored
from domain.load_control.ownership import RULE
from domain.records import Payload, Record, input_record
from domain.records.chargers import Disconnected
from domain.records.load import (
    ChargerConnected,
    ChargerDisconnected,
    CommandAnswered,
    LimitDesired,
    ProfileAnswered,
    RequestCommand,
    TransactionStarted,
)
from domain.records.registry import ChargerRegistered, NodeSpec, SiteRegistered
from domain.records.sessions import ScheduleChanged, StartRequested, Target
from domain.records.time import InputRejected
from processors.build import this_build
from processors.host import Host
from processors.load import Load
from processors.replay import replay
from tests.adapters.ocpp.charger import PATIENCE_S, Charger, Frame
from tests.adapters.ocpp.test_transactions import START
from tests.adapters.ocpp.world import NOW_MS, Directory, FullLog

P = TypeVar("P", bound=Payload)
SUPERSEDED = 4001


class Store(FullLog):
    """The log as one gateway sees it. While `deaf` it hears nothing new; `full`, it can write nothing."""

    def __init__(self, log: SqliteLog) -> None:
        super().__init__(log)
        self.hears = asyncio.Event()
        self.hears.set()
        self.tail = self._tail  # type: ignore[assignment,method-assign]

    async def _tail(self, topic: str, after: Mapping[int, int]) -> AsyncIterator[Sequence[Stored]]:
        async for page in self.log.tail(topic, after):
            await self.hears.wait()
            yield page


@dataclass
class Site:
    """A log, the kernel that decides on it, and gateways by name."""

    log: SqliteLog
    clock: SimulatedClock
    outcomes: Outcomes
    stores: dict[str, Store] = field(default_factory=dict)
    gateways: dict[str, Gateway] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    chargers: list[Charger] = field(default_factory=list)
    number: int = 0

    async def start(self, name: str) -> None:
        settings = Settings(gateway_id=name, configure_after_ms=3_600_000, decision_timeout_s=PATIENCE_S)
        store: Any = Store(self.log)
        gateway = Gateway(store, self.clock, Directory(), self.outcomes, settings)
        self.stores[name], self.gateways[name] = store, gateway
        self.ports[name] = await gateway.start("127.0.0.1", 0)

    async def kill(self, name: str) -> None:
        """Whatever it would still write never reaches the log."""
        self.stores[name].full = True
        await self.gateways[name].close()

    async def connect(self, name: str) -> Charger:
        """Return once it is decided that this socket owns CP1."""
        before = len(await self.events(ChargerConnected))
        charger = await Charger.connect(self.ports[name])
        self.chargers.append(charger)
        await self.event(ChargerConnected, before + 1)
        return charger

    async def give(self, data: Payload) -> None:
        self.number += 1
        given = input_record(f"i{self.number}", "/test", "load:s1", self.clock.now_ms(), data, actor="test")
        await self.log.append(topics.inputs("load"), [entry(given)])

    async def events(self, kind: type[P]) -> list[P]:
        found: list[P] = []
        for partition in range(self.log.partitions(topics.EVENTS)):
            page = [decode(stored.body).data for stored in await self.log.read(topics.EVENTS, partition)]
            found += [data for data in page if isinstance(data, kind)]
        return found

    async def event(self, kind: type[P], number: int = 1) -> P:
        """The `number`th event of a kind, waiting for it."""
        async with asyncio.timeout(PATIENCE_S):
            while len(found := await self.events(kind)) < number:
                await asyncio.sleep(0.001)
        return found[number - 1]

    async def target(self, target_ma: int) -> None:
        await self.give(
            ScheduleChanged(
                targets=(Target(charger_id="CP1", target_ma=target_ma),),
                valid_until_ms=NOW_MS + 600_000,
                claimants=(),
                limits=(),
                fixed=(),
                rule="test.v1",
                reason="test",
            )
        )

    async def settled(self, *names: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not (self.log.quiet() and all(self.gateways[name].idle() for name in names)):
                await asyncio.sleep(0.001)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """Gateways A and B; the charger CP1 is registered."""
    log = SqliteLog.open(tmp_path)
    outcomes, host = Outcomes(log), Host(Load(), log)
    await host.restore()
    running = [asyncio.create_task(part.run()) for part in (outcomes, host)]
    made = Site(log, SimulatedClock(NOW_MS), outcomes)
    root = NodeSpec(id="root", parent=None, kind="site", limit_w=69_000)
    await made.give(SiteRegistered(site_id="s1", location_zone="z", firm_w=9_000, nodes=(root,)))
    await made.give(
        ChargerRegistered(
            charger_id="CP1",
            site_id="s1",
            node="root",
            phases=(0, 1, 2),
            max_ma=32_000,
            min_ma=6_000,
            voltage_mv=230_000,
        )
    )
    for name in ("A", "B"):
        await made.start(name)
    yield made
    for charger in made.chargers:
        await charger.close()
    for gateway in made.gateways.values():
        await gateway.close()
    await log.close()
    await asyncio.gather(*running)


def purpose(call: Frame) -> str:
    return call[3]["csChargingProfiles"]["chargingProfilePurpose"]


def limit_ma(call: Frame) -> int:
    period = call[3]["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0]
    return round(period["limit"] * 1000)


async def accept_limits(charger: Charger) -> None:
    """Accept limits until the floor and the lease that stay were told."""
    while purpose(await charger.accept("SetChargingProfile")) != "TxProfile":
        pass


async def charging(site: Site, name: str) -> Charger:
    """CP1 in a transaction, with a lease of 20 A, at a gateway."""
    charger = await site.connect(name)
    await charger.accept("SetChargingProfile")
    await site.event(ProfileAnswered)
    await site.give(StartRequested(charger_id="CP1", request_id="r", vehicle_id="v1", token_ref="ref-known"))
    await charger.send([2, "s", "StartTransaction", START])
    await accept_limits(charger)
    assert (await charger.hear())[2]["idTagInfo"]["status"] == "Accepted"
    await site.settled(name)
    await site.target(20_000)
    assert limit_ma(await charger.accept("SetChargingProfile")) == 20_000
    await site.settled(name)
    return charger


async def test_a_charger_that_moves_amid_a_limit_change_gets_it_from_its_new_gateway_only(site: Site) -> None:
    old = await charging(site, "A")
    await site.target(8_000)
    under_way = await old.be_asked("SetChargingProfile")

    new = await site.connect("B")
    with suppress(ConnectionClosed):  # it may be closed by now
        await old.answer(under_way, {"status": "Accepted"})

    assert await old.closed() == SUPERSEDED
    assert old.socket.close_reason == "a newer connection took over"
    assert purpose(await new.accept("SetChargingProfile")) == "TxDefaultProfile"
    lease = await new.be_asked("SetChargingProfile")
    assert purpose(lease) == "TxProfile"
    newest = (await site.events(LimitDesired))[-1]
    assert limit_ma(lease) == newest.limit_ma < 20_000
    await new.answer(lease, {"status": "Accepted"})
    await site.settled("A", "B")
    assert old.asked.empty()
    assert len(await site.events(TransactionStarted)) == 1


async def test_a_gateway_that_has_not_heard_yet_writes_nothing_to_the_charger_and_is_not_heard(site: Site) -> None:
    """Both hold a socket, and both believe to own the charger."""
    old = await charging(site, "A")
    await site.settled("A", "B")
    site.stores["A"].hears.clear()
    new = await site.connect("B")
    await site.target(8_000)
    await accept_limits(new)

    status = {"connectorId": 1, "status": "Faulted", "errorCode": "OtherError"}
    assert (await old.call("StatusNotification", status))[0] == 3
    refused = await site.event(InputRejected)
    assert (refused.rule, refused.field) == (RULE, "source")
    assert old.asked.empty()

    site.stores["A"].hears.set()
    assert await old.closed() == SUPERSEDED
    await site.settled("A", "B")
    assert old.asked.empty()


async def test_a_start_said_on_both_sockets_is_one_transaction(site: Site) -> None:
    """On the older one it comes too late, and shall be asked again; on the newer one twice."""
    old = await site.connect("A")
    await old.accept("SetChargingProfile")
    await site.settled("A", "B")
    site.stores["A"].hears.clear()
    new = await site.connect("B")
    answer = await old.call("StartTransaction", START)
    assert answer[2:] == [
        "InternalError",
        "ask on the newest connection",
        {"reason": "a newer socket speaks for this charger"},
    ]
    first = await new.call("StartTransaction", START)
    again = await new.call("StartTransaction", START)
    assert first[2]["transactionId"] == again[2]["transactionId"] != 0
    assert [event.duplicate_of for event in await site.events(TransactionStarted)] == [None]
    site.stores["A"].hears.set()
    assert await old.closed() == SUPERSEDED


async def test_after_a_kill_a_charger_goes_on_at_another_gateway(site: Site) -> None:
    await charging(site, "A")
    await site.kill("A")
    new = await site.connect("B")
    await accept_limits(new)
    assert len(await site.events(TransactionStarted)) == 1

    await site.start("A")
    await site.settled("A", "B")
    assert await site.events(ChargerDisconnected) == []
    assert (await new.call("Heartbeat", {}))[0] == 3


async def test_a_gateway_that_comes_back_gives_up_the_sockets_of_its_earlier_life_only(site: Site) -> None:
    ours = await site.connect("A")
    await ours.accept("SetChargingProfile")
    await site.settled("A", "B")
    await site.kill("B")
    await site.start("B")
    await site.settled("A", "B")
    assert await site.events(ChargerDisconnected) == []

    await site.kill("A")
    await site.start("A")
    lost = await site.event(ChargerDisconnected)
    (connected,) = await site.events(ChargerConnected)
    assert (lost.connection_id, lost.reason) == (connected.connection_id, "the gateway was stopped")


async def test_a_socket_of_an_earlier_life_that_is_decided_late_is_given_up_too(site: Site) -> None:
    late = ChargerConnected(charger_id="CP1", connection_id="earlier-1", gateway_id="A", epoch=1)
    event = input_record("late", "/processors/load", "load:s1", NOW_MS, late, actor="CP1")
    await site.log.append(topics.EVENTS, [entry(event)])
    async with asyncio.timeout(PATIENCE_S):
        async for page in site.log.tail(topics.inputs("load"), {}):
            told = [record.data for record in map(_record, page) if isinstance(record.data, Disconnected)]
            if told:
                break
    assert [one.connection_id for one in told] == ["earlier-1"]


def _record(stored: Stored) -> Record:
    return decode(stored.body)


def reset(site: Site, command_id: str) -> RequestCommand:
    expires_ms = site.clock.now_ms() + 60_000
    return RequestCommand(
        command_id=command_id, charger_id="CP1", action="reset", arguments={"type": "Soft"}, expires_ms=expires_ms
    )


async def test_a_command_is_sent_by_the_owner_alone_and_not_again_after_a_move(site: Site) -> None:
    old = await site.connect("A")
    await old.accept("SetChargingProfile")
    await site.give(reset(site, "sent"))
    await old.be_asked("Reset")
    await site.give(reset(site, "waits"))
    await site.settled("A", "B")

    new = await site.connect("B")
    answered = {(await site.event(CommandAnswered, number)).command_id for number in (1, 2)}
    assert answered == {"sent", "waits"}
    assert {event.status for event in await site.events(CommandAnswered)} == {"offline"}
    await new.accept("SetChargingProfile")
    await site.settled("A", "B")
    assert new.asked.empty()


async def test_a_command_for_nobody_yet_is_sent_once_by_who_gets_the_charger(site: Site) -> None:
    await site.give(reset(site, "first"))
    await site.settled("A", "B")
    charger = await site.connect("B")
    await charger.accept("SetChargingProfile")
    await charger.accept("Reset")
    await site.event(CommandAnswered)
    moved = await site.connect("A")
    await moved.accept("SetChargingProfile")
    await site.settled("A", "B")
    assert moved.asked.empty()


async def test_a_command_that_nobody_got_to_send_is_answered_once(site: Site) -> None:
    await site.give(reset(site, "first"))
    await site.settled("A", "B")
    site.clock.advance_to(NOW_MS + 60_000)
    await site.event(CommandAnswered)
    await site.settled("A", "B")
    (answered,) = await site.events(CommandAnswered)
    assert (answered.status, answered.detail) == ("offline", "expired before it could be sent")


async def test_moves_are_replayed_byte_for_byte(site: Site) -> None:
    old = await charging(site, "A")
    new = await site.connect("B")
    await old.closed()
    await accept_limits(new)
    await site.settled("A", "B")
    log: Log = site.log
    replayed = await replay(log, Load(), this_build(), await log.consumed("load"))
    assert replayed.difference is None
    assert replayed.events > 10
