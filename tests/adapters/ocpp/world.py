"""What is around the gateway in a test: a real log, a clock that stands still, a directory of two chargers."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from adapters.log.outcomes import LogOutcomes
from adapters.log.sqlite.log import SqliteLog
from adapters.ocpp import Dialect, Gateway, Settings
from adapters.ocpp.v16.dialect import Ocpp16
from adapters.time.clock import SimulatedClock
from commands.log import topics
from commands.log.codec import canonical, decode, entry
from commands.ports.directory import Card, ChargerIdentity
from commands.ports.log import Entry, LogFull, Output
from domain.load_control.desired import Desired, DesiredFailsafe, DesiredLease, Owner
from domain.records import Payload, Record, input_record
from domain.records.load import ChargerConnected, TransactionStarted
from domain.records.observations import CardState, Connected
from tests.adapters.ocpp.charger import PATIENCE_S, Charger

NOW_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z"""
CHARGERS = {
    "CP1": ChargerIdentity("CP1", "s1", (0, 1, 2), 230_000),
    "CP2": ChargerIdentity("CP2", "s1", (1,), 230_000),
    "DUO": ChargerIdentity("DUO", "s1", (0, 1, 2), 230_000, {1: (0, 1, 2), 2: (0, 1, 2)}),
}
DIALECTS: tuple[Dialect, ...] = (Ocpp16(),)
P = TypeVar("P", bound=Payload)


class Directory:
    """Every charger's password is "right"; the tokens "KNOWN" and "BLOCKED" are of the vehicle v1."""

    def __init__(self) -> None:
        self.asked = 0
        self.tokens: dict[str, str] = {}

    async def authenticate(self, ocpp_id: str, password: str) -> ChargerIdentity | None:
        self.asked += 1
        known = CHARGERS.get(ocpp_id)
        return known if hmac.compare_digest(password, "right") else None

    async def card(self, token: str, now_ms: int) -> Card:
        known = token.upper() in ("KNOWN", "BLOCKED")
        state: CardState = "blocked" if token.upper() == "BLOCKED" else "valid"
        return Card(f"ref-{token.lower()}", "v1" if known else None, state)

    async def presented(self, token: str, now_ms: int) -> None:
        self.tokens[f"ref-{token.lower()}"] = token

    async def token(self, token_ref: str, now_ms: int) -> str | None:
        return self.tokens.get(token_ref)


class FullLog:
    """A log that can be made to have no space left for appends."""

    def __init__(self, log: SqliteLog) -> None:
        self.log = log
        self.full = False
        self.tail, self.table, self.ends, self.read = log.tail, log.table, log.ends, log.read
        self.append, self.partitions = log.append, log.partitions

    async def append_all(self, outputs: Sequence[Output]) -> None:
        if self.full:
            raise LogFull("no space left")
        await self.log.append_all(outputs)


class Kernel:
    """Decides who owns a charger, as the processor `load` does, and tells the owner what a test desires."""

    def __init__(self, log: SqliteLog) -> None:
        self.log = log
        self.desired = {
            charger_id: Desired(charger_id, identity.site_id, len(identity.phases), None, None)
            for charger_id, identity in CHARGERS.items()
        }
        self.seen: dict[int, int] = {}

    async def run(self) -> None:
        async for page in self.log.tail(topics.inputs("load"), {}):
            for stored in page:
                await self._take(decode(stored.body))
                self.seen[stored.position.partition] = stored.position.offset

    async def desire(self, charger_id: str, floor: DesiredFailsafe | None, lease: DesiredLease | None) -> None:
        self.desired[charger_id] = replace(self.desired[charger_id], floor=floor, lease=lease)
        await self._tell(charger_id)

    async def caught_up(self) -> bool:
        ends = await self.log.ends(topics.inputs("load"))
        return all(self.seen.get(partition, 0) == end for partition, end in ends.items())

    async def _take(self, given: Record) -> None:
        if not isinstance(given.data, Connected):
            return
        told, owner = given.data, self.desired[given.data.charger_id].owner
        epoch = owner.epoch + 1 if owner else 1
        decided = ChargerConnected(
            charger_id=told.charger_id, connection_id=told.connection_id, gateway_id=told.gateway_id, epoch=epoch
        )
        event = given._replace(id=f"{given.id}/0", type=decided.type_name, causationid=given.id, data=decided)
        await self.log.append(topics.EVENTS, [entry(event)])
        self.desired[told.charger_id] = replace(
            self.desired[told.charger_id], owner=Owner(told.gateway_id, told.connection_id, epoch)
        )
        await self._tell(told.charger_id)

    async def _tell(self, charger_id: str) -> None:
        await self.log.append(topics.DESIRED, [Entry(charger_id, canonical(self.desired[charger_id]))])


@dataclass
class World:
    log: SqliteLog
    store: FullLog
    clock: SimulatedClock
    directory: Directory
    outcomes: LogOutcomes
    gateway: Gateway
    kernel: Kernel
    port: int = 0
    chargers: list[Charger] = field(default_factory=list)

    async def restart(self, settings: Settings, dialects: Sequence[Dialect] = DIALECTS) -> None:
        """Another gateway on the same log."""
        await self.gateway.close()
        store: Any = self.store
        self.gateway = Gateway(store, self.clock, self.directory, self.outcomes, settings, dialects=dialects)
        self.port = await self.gateway.start("127.0.0.1", 0)

    async def connect(self, ocpp_id: str = "CP1", **options: str) -> Charger:
        charger = await Charger.connect(self.port, ocpp_id, **options)  # type: ignore[arg-type]
        self.chargers.append(charger)
        return charger

    async def inputs(self, processor: str) -> list[Record]:
        """All inputs of a processor so far."""
        topic = topics.inputs(processor)
        pages = [await self.log.read(topic, partition) for partition in range(self.log.partitions(topic))]
        return [decode(stored.body) for page in pages for stored in page]

    async def reported(self, kind: type[P], processor: str = "load") -> list[P]:
        return [record.data for record in await self.inputs(processor) if isinstance(record.data, kind)]

    async def input(self, kind: type[Payload], processor: str = "load", number: int = 1) -> Record:
        """The `number`th input of a kind, waiting for it."""
        async with asyncio.timeout(PATIENCE_S):
            async for page in self.log.tail(topics.inputs(processor), {}):
                for stored in page:
                    record = decode(stored.body)
                    number -= isinstance(record.data, kind)
                    if number == 0:
                        return record
        raise AssertionError("the log was closed")

    async def decide(self, asked: Record, payload: Payload) -> None:
        """Let a processor decide on an input."""
        decided = asked._replace(
            id=f"{asked.id}/0", type=payload.type_name, causationid=asked.id, build="b", data=payload
        )
        await self.log.append(topics.EVENTS, [entry(decided)])

    async def event(self, payload: Payload, number: int = 0) -> None:
        happened = input_record(f"e{number}", "/processors/load", "load:s1", self.clock.now_ms(), payload, actor="op")
        await self.log.append(topics.EVENTS, [entry(happened)])

    async def desire(
        self, floor: DesiredFailsafe | None, lease: DesiredLease | None = None, charger_id: str = "CP1"
    ) -> None:
        await self.kernel.desire(charger_id, floor, lease)

    async def settled(self) -> None:
        """Return when the gateway, and who decides for it, read all of the log and have nothing left to do."""
        async with asyncio.timeout(PATIENCE_S):
            while not (await self.kernel.caught_up() and await self.gateway.caught_up() and self.gateway.idle()):
                await asyncio.sleep(0.001)


def started(transaction_id: str = "77", permitted: bool = True) -> TransactionStarted:
    """The decision that a transaction has started."""
    return TransactionStarted(
        transaction_id=transaction_id,
        charger_id="CP1",
        evse_id=1,
        vehicle_id="v1",
        token_ref="ref-known",
        meter_start_wh=1000,
        permitted=permitted,
        commissioning=False,
        duplicate_of=None,
    )
