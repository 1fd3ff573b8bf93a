"""The gateway: listens for chargers, and serves each in the dialect that was agreed with it."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.frames import CloseCode
from websockets.typing import Subprotocol

from adapters.ocpp.background import BackgroundTasks
from adapters.ocpp.charger_socket import ChargerSocket, OpenSocket
from adapters.ocpp.charger_state import ChargerState
from adapters.ocpp.connection import Connection
from adapters.ocpp.context import GatewayContext
from adapters.ocpp.dialect import Dialect
from adapters.ocpp.following import LogFollower
from adapters.ocpp.handshake import Authenticator, log_refusal
from adapters.ocpp.one_shots import OneShots
from adapters.ocpp.ownership import Ownership
from adapters.ocpp.recorder import Recorder
from adapters.ocpp.settings import Settings
from adapters.ocpp.sockets import Sockets
from commands.ports.clock import Clock
from commands.ports.directory import Directory
from commands.ports.log import Log, LogError
from commands.ports.outcomes import Outcomes
from commands.ports.tracing import UNTRACED, Tracer

log = structlog.get_logger()


class Gateway:
    """OCPP-J over WebSockets at `/ocpp/<ocpp_id>`, in any of `dialects`; one of any number of gateways on a log.

    A charger may connect to any of them. Which socket owns it is decided on the log; only that one sends it calls.
    Where a charger offers several subprotocols, the first of `dialects` among them is agreed on.
    """

    def __init__(
        self,
        store: Log,
        clock: Clock,
        directory: Directory,
        outcomes: Outcomes,
        settings: Settings | None = None,
        *,
        dialects: Sequence[Dialect],
        tracer: Tracer = UNTRACED,
    ) -> None:
        self._settings = settings or Settings()
        self._dialects = {dialect.subprotocol: dialect for dialect in dialects}
        self._recorder = Recorder(store, clock)
        self._context = GatewayContext(clock, directory, outcomes, self._recorder, self._settings, tracer)
        self._authenticator = Authenticator(directory, clock, self._settings)
        self._states: defaultdict[str, ChargerState] = defaultdict(ChargerState)
        self._sockets = Sockets(self._context)
        self._one_shots = OneShots(self._context, self._states, self._sockets)
        self._ownership = Ownership(self._context, self._sockets, self._one_shots)
        self._follower = LogFollower(store, self._states, self._one_shots, self._ownership)
        self._following = BackgroundTasks()
        self._server: Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Follow the log, listen, and return the port (a free one for 0). Raises `LogError`."""
        await self.follow()
        settings = self._settings
        self._server = await serve(
            self._serve,
            host,
            port,
            subprotocols=[Subprotocol(subprotocol) for subprotocol in self._dialects],
            compression=None,
            process_request=self._authenticator.admit,
            process_response=log_refusal,
            server_header=None,
            create_connection=ChargerSocket,
            open_timeout=settings.open_timeout_s,
            ping_interval=None,  # see `liveness.keepalive`
            close_timeout=settings.close_timeout_s,
            max_size=settings.message_limit_bytes,
            logger=_quiet_logger(),
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def follow(self) -> None:
        """Follow the log from here on, before any socket is served. Raises `LogError`."""
        await self._follower.read_what_is_there()
        desired = [one for state in self._states.values() for one in state.desired.values()]
        await self._ownership.give_up_earlier_sockets(desired)
        self._following.start(self._follower.follow_events())
        self._following.start(self._follower.follow_desired())

    async def close(self) -> None:
        """Close every socket (1001), record that, and let go of the log."""
        if self._server is not None:
            self._server.close()
        self._recorder.close()
        if self._server is not None:
            await self._server.wait_closed()
        await self._one_shots.close()
        await self._following.cancel()
        await self._ownership.close()
        await self._sockets.close()

    def idle(self) -> bool:
        """Whether nothing is to be done until a charger, a decision, the log or the clock brings something new."""
        return self._recorder.pending == 0 and self._sockets.idle() and self._one_shots.idle()

    async def caught_up(self) -> bool:
        """Whether everything on the log that concerns chargers was read."""
        return await self._follower.caught_up()

    def frames(self) -> dict[str, tuple[int, int]]:
        """Frames (received, sent) on each charger's newest socket, by OCPP identity."""
        return self._sockets.frames()

    async def _serve(self, socket: ServerConnection) -> None:
        assert isinstance(socket, ChargerSocket)
        await self.serve_socket(socket, socket.subprotocol or "")

    async def serve_socket(self, socket: OpenSocket, subprotocol: str) -> None:
        """Serve a socket that was let in, until it closes."""
        charger_id, dialect = socket.charger.charger_id, self._dialects[subprotocol]
        connection = Connection(self._sockets.next_id(), socket, self._states[charger_id], self._context, dialect)
        try:
            await self._sockets.open(connection)
        except LogError as error:
            log.error("connection not stored", charger=charger_id, error=str(error))
            await socket.close(CloseCode.INTERNAL_ERROR, "not stored, connect again")
            return
        try:
            await connection.run()
        except Exception:
            log.exception("session failed", charger=charger_id)
            await socket.close(CloseCode.INTERNAL_ERROR)
        finally:
            await self._sockets.end(connection)


def _quiet_logger() -> logging.Logger:
    """A logger for `websockets`: at DEBUG it would write the Authorization header."""
    logger = logging.getLogger("commonwatt.ocpp.sockets")
    logger.setLevel(logging.WARNING)
    return logger
