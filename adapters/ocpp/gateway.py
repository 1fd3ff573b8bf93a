"""The gateway: listens for chargers, and follows the log for what is wanted of them."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from itertools import count
from typing import Any
from uuid import uuid4

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.frames import CloseCode
from websockets.typing import Subprotocol

from adapters.ocpp.agenda import Agenda
from adapters.ocpp.charger import Office
from adapters.ocpp.connection import Connection
from adapters.ocpp.handshake import SUBPROTOCOL, ChargerSocket, Doorkeeper, tell_refusal
from adapters.ocpp.one_shots import OneShots
from adapters.ocpp.recorder import Observation, Recorder
from adapters.ocpp.settings import Settings
from commands.log import topics
from commands.log.codec import decode, decode_desired
from commands.log.positions import is_past
from commands.log.record_header import read_header
from commands.ports.clock import Clock
from commands.ports.directory import Directory
from commands.ports.log import Log, LogDamaged, LogError, Stored
from commands.ports.outcomes import Outcomes
from commands.ports.tracing import UNTRACED, Tracer
from domain.records import derived_id
from domain.records.load import ChargerConnected, ChargerDisconnected, CommandAnswered, CommandRequested
from domain.records.observations import Connected, Disconnected

LOOK_BACK = 2_000
"""Events of each partition that a gateway looks at again when it starts, for commands that were not sent yet."""
PATIENCE_S = 1.0
"""Before the log is followed again where it could not be read."""
COMMAND_TYPES = (CommandRequested.type_name, CommandAnswered.type_name)
LOST = "the gateway was stopped"

log = structlog.get_logger()


class Gateway:
    """OCPP 1.6J over WebSockets at `/ocpp/<ocpp_id>`; one of any number on a log.

    A charger may connect to any of them. Which socket owns it is decided on the log; only that one tells it anything.
    """

    def __init__(
        self,
        log: Log,
        clock: Clock,
        directory: Directory,
        outcomes: Outcomes,
        settings: Settings | None = None,
        tracer: Tracer = UNTRACED,
    ) -> None:
        self._log = log
        self._clock = clock
        self._settings = settings or Settings()
        self._recorder = Recorder(log, clock)
        self._office = Office(clock, directory, outcomes, self._recorder, self._settings, tracer)
        self._doorkeeper = Doorkeeper(directory, clock, self._settings)
        self._agendas: defaultdict[str, Agenda] = defaultdict(Agenda)
        self._one_shots = OneShots(self._office, self._agendas, self._is_connected)
        self._life = uuid4().hex
        self._numbers = count(1)
        self._connections: dict[str, Connection] = {}
        self._ocpp_ids: dict[str, str] = {}
        self._opening = 0
        self._seen: dict[str, dict[int, int]] = {topics.DESIRED: {}, topics.EVENTS: {}}
        self._background: set[asyncio.Task[None]] = set()
        self._server: Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Follow the log, listen, and return the port (a free one for 0). Raises `LogError`."""
        await self._look_back()
        await self._read_desired()
        await self._give_up_earlier_sockets()
        self._spawn(self._follow(topics.EVENTS, self._take_events))
        self._spawn(self._follow(topics.DESIRED, self._take_desired))
        settings = self._settings
        self._server = await serve(
            self._serve,
            host,
            port,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            process_request=self._doorkeeper.admit,
            process_response=tell_refusal,
            server_header=None,
            create_connection=ChargerSocket,
            open_timeout=settings.open_timeout_s,
            ping_interval=settings.ping_interval_s,
            ping_timeout=settings.ping_timeout_s,
            close_timeout=settings.close_timeout_s,
            max_size=settings.message_limit_bytes,
            logger=_quiet_logger(),
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Close every socket (1001), record that, and let go of the log."""
        if self._server is not None:
            self._server.close()
            self._recorder.close()
            await self._server.wait_closed()
        await self._one_shots.close()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    def idle(self) -> bool:
        """Whether nothing is to be done until a charger, a decision, the log or the clock says something new."""
        return (
            self._opening == 0
            and self._recorder.pending == 0
            and all(connection.idle() for connection in self._connections.values())
            and self._one_shots.idle()
        )

    async def caught_up(self) -> bool:
        """Whether everything on the log that concerns chargers was read."""
        for topic, seen in self._seen.items():
            if not is_past(seen, await self._log.ends(topic)):
                return False
        return True

    def frames(self) -> dict[str, tuple[int, int]]:
        """Frames (read, written) on each charger's current socket, by OCPP identity."""
        return {
            self._ocpp_ids[charger_id]: (connection.received, connection.sent)
            for charger_id, connection in self._connections.items()
        }

    # Sockets

    async def _serve(self, socket: ServerConnection) -> None:
        assert isinstance(socket, ChargerSocket)
        charger = socket.charger
        connection_id = f"{self._life}-{next(self._numbers)}"
        connection = Connection(connection_id, socket, self._agendas[charger.charger_id], self._office)
        self._take_over(charger.charger_id, socket.ocpp_id, connection)
        try:
            await self._record_opening(charger.site_id, self._connected(charger.charger_id, connection))
        except LogError as error:
            log.error("connection not stored", charger=charger.charger_id, error=str(error))
            self._forget(charger.charger_id, connection)
            await socket.close(CloseCode.INTERNAL_ERROR, "not stored, connect again")
            return
        log.info("charger connected", charger=charger.charger_id, connection=connection.id)
        try:
            await connection.run()
        except Exception:
            log.exception("session failed", charger=charger.charger_id)
            await socket.close(CloseCode.INTERNAL_ERROR)
        finally:
            self._forget(charger.charger_id, connection)
            await self._record_end(charger.site_id, charger.charger_id, connection)

    def _take_over(self, charger_id: str, ocpp_id: str, connection: Connection) -> None:
        older = self._connections.get(charger_id)
        self._connections[charger_id] = connection
        self._ocpp_ids[charger_id] = ocpp_id
        if older is not None:
            self._spawn(older.supersede())

    def _connected(self, charger_id: str, connection: Connection, *, again: bool = False) -> Connected:
        return Connected(
            charger_id=charger_id,
            connection_id=connection.id,
            subprotocol=connection.subprotocol,
            gateway_id=self._settings.gateway_id,
            again=again,
        )

    async def _record_opening(self, site_id: str, connected: Connected) -> None:
        self._opening += 1
        try:
            opened = self._recorder.observation(site_id, connected, connection_id=connected.connection_id)
            await self._recorder.keep(opened)
        finally:
            self._opening -= 1

    def _forget(self, charger_id: str, connection: Connection) -> None:
        if self._connections.get(charger_id) is connection:
            del self._connections[charger_id]

    async def _record_end(self, site_id: str, charger_id: str, connection: Connection) -> None:
        reason = connection.close_reason
        log.info("charger disconnected", charger=charger_id, connection=connection.id, reason=reason)
        ended = Disconnected(charger_id=charger_id, connection_id=connection.id, reason=reason)
        await self._recorder.insist(self._recorder.observation(site_id, ended, connection_id=connection.id))

    # The log

    async def _read_desired(self) -> None:
        self._seen[topics.DESIRED].update(await self._log.ends(topics.DESIRED))
        for charger_id, body in (await self._log.table(topics.DESIRED)).items():
            self._want(charger_id, body)

    async def _look_back(self) -> None:
        """Before a charger can connect: a command counts only where its answer is not there yet."""
        seen = self._seen[topics.EVENTS]
        for partition, end in (await self._log.ends(topics.EVENTS)).items():
            seen[partition] = max(0, end - LOOK_BACK)
            while page := await self._log.read(topics.EVENTS, partition, seen[partition]):
                self._take_commands(page)
                seen[partition] = page[-1].position.offset

    async def _follow(self, topic: str, take: Callable[[Sequence[Stored]], None]) -> None:
        """Read on for ever; where the log can't be read, say so and try again."""
        while True:
            try:
                await self._read_on(topic, take, self._log.tail(topic, dict(self._seen[topic])))
                return
            except LogError as error:
                log.error("the log can't be followed", topic=topic, error=str(error))
                await asyncio.sleep(PATIENCE_S)

    async def _read_on(
        self, topic: str, take: Callable[[Sequence[Stored]], None], pages: AsyncIterator[Sequence[Stored]]
    ) -> None:
        seen = self._seen[topic]
        async for page in pages:
            take(page)
            for stored in page:
                seen[stored.position.partition] = stored.position.offset

    def _take_desired(self, page: Sequence[Stored]) -> None:
        for charger_id, stored in {stored.key: stored for stored in page}.items():
            self._want(charger_id, stored.body, stored.traceparent)

    def _want(self, charger_id: str, body: bytes, traceparent: str | None = None) -> None:
        try:
            self._agendas[charger_id].want(decode_desired(body), traceparent)
        except LogDamaged as error:
            log.error("desired limits can't be read", charger=charger_id, error=str(error))

    def _take_commands(self, page: Sequence[Stored]) -> None:
        """Commands of this page that it does not answer itself."""
        for stored in page:
            if read_header(stored.body).type in COMMAND_TYPES:
                self._take_command(stored)

    def _take_events(self, page: Sequence[Stored]) -> None:
        for stored in page:
            kind = read_header(stored.body).type
            if kind in COMMAND_TYPES:
                self._take_command(stored)
            elif kind == ChargerConnected.type_name:
                event = decode(stored.body)
                self._take_connected(event.stream.partition(":")[2], event.data)  # type: ignore[arg-type]
            elif kind == ChargerDisconnected.type_name:
                event = decode(stored.body)
                self._take_disconnected(event.stream.partition(":")[2], event.data)  # type: ignore[arg-type]

    def _take_command(self, stored: Stored) -> None:
        event = decode(stored.body)
        if isinstance(event.data, CommandAnswered):
            self._one_shots.settle(event.data)
        elif isinstance(event.data, CommandRequested):
            self._one_shots.take(event.stream.partition(":")[2], event.data, stored.traceparent)

    # Who owns a charger

    def _take_connected(self, site_id: str, decided: ChargerConnected) -> None:
        """A socket, here or at another gateway, owns its charger from now on: an older one of ours is closed."""
        connection = self._connections.get(decided.charger_id)
        if connection is not None and connection.id == decided.connection_id:
            connection.owns = True
        elif connection is not None and connection.owns:
            log.info("charger connected elsewhere", charger=decided.charger_id, gateway=decided.gateway_id)
            self._spawn(connection.supersede())
        if decided.gateway_id != self._settings.gateway_id:
            self._one_shots.leave(site_id, decided.charger_id)
        elif not decided.connection_id.startswith(self._life):
            self._spawn(self._recorder.insist(self._lost(site_id, decided.charger_id, decided.connection_id)))

    def _take_disconnected(self, site_id: str, decided: ChargerDisconnected) -> None:
        """A socket of ours was given up (this gateway had been silent for too long) that is still open."""
        connection = self._connections.get(decided.charger_id)
        if connection is not None and connection.id == decided.connection_id:
            self._spawn(self._say_again(site_id, decided.charger_id, connection))

    async def _say_again(self, site_id: str, charger_id: str, connection: Connection) -> None:
        log.warning("charger was given up, still connected", charger=charger_id, connection=connection.id)
        connected = self._connected(charger_id, connection, again=True)
        await self._recorder.insist(self._recorder.observation(site_id, connected, connection_id=connection.id))
        if self._connections.get(charger_id) is not connection:  # of a socket the end is told last
            await self._record_end(site_id, charger_id, connection)

    async def _give_up_earlier_sockets(self) -> None:
        """What the log believes open at this gateway went with its earlier process; others hold what is theirs."""
        lost = []
        for agenda in self._agendas.values():
            desired = agenda.desired
            if desired is None or desired.owner is None:
                continue
            if desired.owner.gateway_id != self._settings.gateway_id:
                self._one_shots.leave(desired.site_id, desired.charger_id)
            else:
                lost.append(self._lost(desired.site_id, desired.charger_id, desired.owner.connection_id))
        if lost:
            await self._recorder.keep(*lost)

    def _lost(self, site_id: str, charger_id: str, connection_id: str) -> Observation:
        told = Disconnected(charger_id=charger_id, connection_id=connection_id, reason=LOST)
        return self._recorder.observation(site_id, told, derived_id("lost", connection_id), connection_id)

    def _is_connected(self, charger_id: str) -> bool:
        return charger_id in self._connections

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _quiet_logger() -> logging.Logger:
    """For `websockets`: at DEBUG it would write the Authorization header."""
    logger = logging.getLogger("commonwatt.ocpp.sockets")
    logger.setLevel(logging.WARNING)
    return logger
