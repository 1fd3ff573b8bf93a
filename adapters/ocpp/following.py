"""The gateway's view of the log: desired limits, one-shot commands, and decisions on ownership, as they appear."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog

from adapters.ocpp.charger_state import ChargerState
from adapters.ocpp.one_shots import OneShots
from adapters.ocpp.ownership import Ownership
from commands.log import topics
from commands.log.codec import decode, decode_desired
from commands.log.positions import is_past
from commands.log.record_header import read_header
from commands.ports.log import Log, LogDamaged, LogError, Stored
from domain.electrical.outlet_id import charger_of
from domain.records.load import ChargerConnected, ChargerDisconnected, CommandAnswered, CommandRequested

LOOK_BACK = 2_000
"""Events of each partition that a gateway reads again when it starts, for commands that were not sent yet."""
RETRY_S = 1.0
"""The pause before the log is followed again where it could not be read."""
COMMAND_TYPES = (CommandRequested.type_name, CommandAnswered.type_name)
FOLLOWED_TYPES = (*COMMAND_TYPES, ChargerConnected.type_name, ChargerDisconnected.type_name)

log = structlog.get_logger()


class LogFollower:
    """Reads `chargers.desired` and `events`: first what is there, then what comes."""

    def __init__(
        self, store: Log, states: Mapping[str, ChargerState], one_shots: OneShots, ownership: Ownership
    ) -> None:
        self._store = store
        self._states = states
        self._one_shots = one_shots
        self._ownership = ownership
        self._read: dict[str, dict[int, int]] = {topics.DESIRED: {}, topics.EVENTS: {}}

    async def read_what_is_there(self) -> None:
        """To be done before a charger can connect. Raises `LogError`."""
        await self._read_recent_commands()
        self._read[topics.DESIRED].update(await self._store.ends(topics.DESIRED))
        for outlet, body in (await self._store.table(topics.DESIRED)).items():
            self._desire(outlet, body)

    async def follow_events(self) -> None:
        """Read on until the log closes."""
        await self._follow(topics.EVENTS, self._apply_events)

    async def follow_desired(self) -> None:
        """Read on until the log closes."""
        await self._follow(topics.DESIRED, self._apply_desired)

    async def caught_up(self) -> bool:
        """Whether everything on the log that concerns chargers was read."""
        for topic, read in self._read.items():
            if not is_past(read, await self._store.ends(topic)):
                return False
        return True

    async def _read_recent_commands(self) -> None:
        """A command counts only where its answer is not there yet."""
        read = self._read[topics.EVENTS]
        for partition, end in (await self._store.ends(topics.EVENTS)).items():
            read[partition] = max(0, end - LOOK_BACK)
            while page := await self._store.read(topics.EVENTS, partition, read[partition]):
                self._apply_events(page, COMMAND_TYPES)
                read[partition] = page[-1].position.offset

    async def _follow(self, topic: str, apply: Callable[[Sequence[Stored]], None]) -> None:
        """Where the log can't be read, log that and try again."""
        read = self._read[topic]
        while True:
            try:
                async for page in self._store.tail(topic, dict(read)):
                    apply(page)
                    read.update((stored.position.partition, stored.position.offset) for stored in page)
                return
            except LogError as error:
                log.error("the log can't be followed", topic=topic, error=str(error))
                await asyncio.sleep(RETRY_S)

    def _apply_desired(self, page: Sequence[Stored]) -> None:
        for outlet, stored in {stored.key: stored for stored in page}.items():
            self._desire(outlet, stored.body, stored.traceparent)

    def _desire(self, outlet: str, body: bytes, traceparent: str | None = None) -> None:
        try:
            self._states[charger_of(outlet)].desire(decode_desired(body), traceparent)
        except LogDamaged as error:
            log.error("desired limits can't be read", charger=outlet, error=str(error))

    def _apply_events(self, page: Sequence[Stored], types: Sequence[str] = FOLLOWED_TYPES) -> None:
        for stored in page:
            if read_header(stored.body).type in types:
                self._apply_event(stored)

    def _apply_event(self, stored: Stored) -> None:
        event = decode(stored.body)
        site_id = event.stream.partition(":")[2]
        match event.data:
            case CommandRequested():
                self._one_shots.add(site_id, event.data, stored.traceparent)
            case CommandAnswered():
                self._one_shots.settle(event.data)
            case ChargerConnected():
                self._ownership.connected(site_id, event.data)
            case ChargerDisconnected():
                self._ownership.disconnected(event.data)
