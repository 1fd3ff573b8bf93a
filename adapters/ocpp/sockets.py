"""The sockets of a gateway: the newest of each charger, and the records of when each opened and ended."""

from __future__ import annotations

from itertools import count

import structlog

from adapters.ids import unique
from adapters.ocpp.background import BackgroundTasks
from adapters.ocpp.connection import Connection
from adapters.ocpp.context import GatewayContext
from adapters.ocpp.recorder import Observation
from domain.records.observations import Connected, Disconnected

log = structlog.get_logger()


class Sockets:
    """Of one run of a gateway. A charger's newer socket supersedes its older one at once."""

    def __init__(self, context: GatewayContext) -> None:
        self._context = context
        self._run_id = unique()
        self._numbers = count(1)
        self._newest: dict[str, Connection] = {}
        self._opening = 0
        self._background = BackgroundTasks()

    def next_id(self) -> str:
        """The id of a socket that connects now."""
        return f"{self._run_id}-{next(self._numbers)}"

    def opened_here(self, connection_id: str) -> bool:
        """Whether a socket was opened in this run of the gateway."""
        return connection_id.startswith(self._run_id)

    def has(self, charger_id: str) -> bool:
        """Whether the charger is connected here."""
        return charger_id in self._newest

    def newest_of(self, charger_id: str) -> Connection | None:
        return self._newest.get(charger_id)

    def idle(self) -> bool:
        """Whether nothing is to be done at any of them until something new comes."""
        return self._opening == 0 and all(connection.idle() for connection in self._newest.values())

    def frames(self) -> dict[str, tuple[int, int]]:
        """Frames (received, sent) on each charger's newest socket, by OCPP identity."""
        sockets = [connection.socket for connection in self._newest.values()]
        return {socket.ocpp_id: (socket.received, socket.sent) for socket in sockets}

    async def open(self, connection: Connection) -> None:
        """Make it its charger's newest, and record it. Raises `LogError`: then it is none of ours."""
        older = self._newest.get(connection.charger.id)
        self._newest[connection.charger.id] = connection
        if older is not None:
            self.supersede(older)
        self._opening += 1
        try:
            await connection.charger.persist(self._connected(connection))
        except BaseException:
            self._remove(connection)
            raise
        finally:
            self._opening -= 1
        log.info("charger connected", charger=connection.charger.id, connection=connection.id)

    async def end(self, connection: Connection) -> None:
        """Forget a socket that closed, and record its end."""
        self._remove(connection)
        await self._record_end(connection)

    def supersede(self, connection: Connection) -> None:
        """Close a socket whose charger has a newer one."""
        self._background.start(connection.supersede())

    def reopen(self, connection: Connection) -> None:
        """Record that a socket, which was given up, is open all the same."""
        log.warning("charger was given up, still connected", charger=connection.charger.id, connection=connection.id)
        self._background.start(self._record_again(connection))

    async def close(self) -> None:
        """Stop what still runs, once all sockets are closed."""
        await self._background.cancel()

    async def _record_again(self, connection: Connection) -> None:
        await self._context.recorder.persist_with_retry(self._connected(connection, again=True))
        if self._newest.get(connection.charger.id) is not connection:  # the end of a socket is recorded last
            await self._record_end(connection)

    async def _record_end(self, connection: Connection) -> None:
        charger, reason = connection.charger, connection.close_reason
        log.info("charger disconnected", charger=charger.id, connection=connection.id, reason=reason)
        ended = Disconnected(charger_id=charger.id, connection_id=connection.id, reason=reason)
        await self._context.recorder.persist_with_retry(charger.observation(ended))

    def _connected(self, connection: Connection, *, again: bool = False) -> Observation:
        return connection.charger.observation(
            Connected(
                charger_id=connection.charger.id,
                connection_id=connection.id,
                subprotocol=connection.subprotocol,
                gateway_id=self._context.settings.gateway_id,
                again=again,
            )
        )

    def _remove(self, connection: Connection) -> None:
        if self._newest.get(connection.charger.id) is connection:
            del self._newest[connection.charger.id]
