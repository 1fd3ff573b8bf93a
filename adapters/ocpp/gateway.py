"""The gateway: listens for chargers, and follows the log for what is wanted of them."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any

import structlog
from pydantic import TypeAdapter, ValidationError
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.frames import CloseCode
from websockets.typing import Subprotocol

from adapters.ocpp.agenda import Agenda
from adapters.ocpp.charger import Office
from adapters.ocpp.commands import answered_with
from adapters.ocpp.connection import Connection
from adapters.ocpp.handshake import SUBPROTOCOL, ChargerSocket, Doorkeeper, tell_refusal
from adapters.ocpp.recorder import Recorder
from adapters.ocpp.settings import Settings
from commands import topics
from commands.codec import decode
from commands.head import head
from commands.ports import Clock, Directory, Log, LogError, Outcomes, Stored
from domain.desired import Desired
from domain.records.chargers import AnswerStatus, Connected, Disconnected
from domain.records.load import CommandAnswered, CommandRequested

LOOK_BACK = 2_000
"""Events of each partition that a gateway looks at again when it starts, for commands that were not sent yet."""
PATIENCE_S = 1.0
"""Before the log is followed again where it could not be read."""
COMMAND_TYPES = (CommandRequested.type_name, CommandAnswered.type_name)
DESIRED = TypeAdapter(Desired)

log = structlog.get_logger()


class Gateway:
    """OCPP 1.6J over WebSockets at `/ocpp/<ocpp_id>`."""

    def __init__(
        self, log: Log, clock: Clock, directory: Directory, outcomes: Outcomes, settings: Settings | None = None
    ) -> None:
        self._log = log
        self._clock = clock
        self._settings = settings or Settings()
        self._recorder = Recorder(log, clock)
        self._office = Office(clock, directory, outcomes, self._recorder, self._settings)
        self._doorkeeper = Doorkeeper(directory, clock, self._settings)
        self._agendas: defaultdict[str, Agenda] = defaultdict(Agenda)
        self._connections: dict[str, Connection] = {}
        self._ocpp_ids: dict[str, str] = {}
        self._opening = 0
        self._seen: dict[str, dict[int, int]] = {topics.DESIRED: {}, topics.EVENTS: {}}
        self._expiring: dict[str, tuple[CommandRequested, asyncio.Task[None]]] = {}
        self._background: set[asyncio.Task[None]] = set()
        self._server: Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Follow the log, listen, and return the port (a free one for 0)."""
        await self._read_desired()
        self._spawn(self._follow(topics.DESIRED, self._take_desired))
        await self._look_back()
        self._spawn(self._follow(topics.EVENTS, self._take_events))
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
        tasks = [*self._background, *(task for _, task in self._expiring.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def idle(self) -> bool:
        """Whether nothing is to be done until a charger, a decision, the log or the clock says something new."""
        now_ms = self._clock.now_ms()
        return (
            self._opening == 0
            and self._recorder.pending == 0
            and all(connection.idle() for connection in self._connections.values())
            and all(command.expires_ms > now_ms for command, _ in self._expiring.values())
        )

    async def caught_up(self) -> bool:
        """Whether everything on the log that concerns chargers was read."""
        for topic, seen in self._seen.items():
            ends = await self._log.ends(topic)
            if any(seen.get(partition, 0) < end for partition, end in ends.items()):
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
        connection = Connection(socket, self._agendas[charger.charger_id], self._office)
        self._take_over(charger.charger_id, socket.ocpp_id, connection)
        connected = Connected(
            charger_id=charger.charger_id, connection_id=connection.id, subprotocol=socket.subprotocol or ""
        )
        try:
            await self._record_opening(charger.site_id, connected)
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

    async def _record_opening(self, site_id: str, connected: Connected) -> None:
        self._opening += 1
        try:
            await self._recorder.keep(self._recorder.observation(site_id, connected))
        finally:
            self._opening -= 1

    def _forget(self, charger_id: str, connection: Connection) -> None:
        if self._connections.get(charger_id) is connection:
            del self._connections[charger_id]

    async def _record_end(self, site_id: str, charger_id: str, connection: Connection) -> None:
        reason = connection.close_reason
        log.info("charger disconnected", charger=charger_id, connection=connection.id, reason=reason)
        ended = Disconnected(charger_id=charger_id, connection_id=connection.id, reason=reason)
        await self._recorder.insist(self._recorder.observation(site_id, ended))

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
                self._take_events(page)
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
        for charger_id, body in {stored.key: stored.body for stored in page}.items():
            self._want(charger_id, body)

    def _want(self, charger_id: str, body: bytes) -> None:
        try:
            self._agendas[charger_id].want(DESIRED.validate_json(body))
        except ValidationError as error:
            log.error("desired limits can't be read", charger=charger_id, errors=error.error_count())

    def _take_events(self, page: Sequence[Stored]) -> None:
        """Commands of this page that it does not answer itself."""
        for stored in page:
            if head(stored.body).type in COMMAND_TYPES:
                event = decode(stored.body)
                if isinstance(event.data, CommandAnswered):
                    self._settle(event.data.charger_id, event.data.command_id)
                elif isinstance(event.data, CommandRequested) and event.data.expires_ms > self._clock.now_ms():
                    self._command(event.stream.partition(":")[2], event.data)

    def _settle(self, charger_id: str, command_id: str) -> None:
        self._agendas[charger_id].forget_command(command_id)
        _, expiry = self._expiring.pop(command_id, (None, None))
        if expiry is not None:
            expiry.cancel()

    def _command(self, site_id: str, command: CommandRequested) -> None:
        agenda = self._agendas[command.charger_id]
        if command.command_id in self._expiring:
            return
        if len(agenda.commands) >= self._settings.waiting_commands:
            self._spawn(self._answer(site_id, command, "rejected", "too many commands wait for this charger"))
            return
        agenda.command(command)
        self._expiring[command.command_id] = (command, asyncio.create_task(self._expire(site_id, command)))

    async def _expire(self, site_id: str, command: CommandRequested) -> None:
        """What was not sent before its time is never sent, and answered so."""
        await self._clock.sleep_until(command.expires_ms)
        if self._agendas[command.charger_id].forget_command(command.command_id):
            status: AnswerStatus = "timeout" if command.charger_id in self._connections else "offline"
            await self._answer(site_id, command, status, "expired before it could be sent")
        self._expiring.pop(command.command_id, None)

    async def _answer(self, site_id: str, command: CommandRequested, status: AnswerStatus, detail: str) -> None:
        await self._recorder.insist(self._recorder.observation(site_id, answered_with(command, status, detail)))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _quiet_logger() -> logging.Logger:
    """For `websockets`: at DEBUG it would write the Authorization header."""
    logger = logging.getLogger("commonwatt.ocpp.sockets")
    logger.setLevel(logging.WARNING)
    return logger
