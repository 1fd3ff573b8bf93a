"""A small central system with a control socket and REST, for the simulated world to meet in these tests.

It shares its cap equally among running transactions, first come, first served. It is on purpose not the product: the
simulators know a server only by its sockets.
"""

import asyncio
import heapq
from base64 import b64decode
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request as Handshake
from websockets.http11 import Response as HandshakeResponse

Payload = dict[str, Any]
PASSWORD = "secret-of-the-test"


class Connection:
    """A charger's socket."""

    def __init__(self, ocpp_id: str, socket: ServerConnection) -> None:
        self.ocpp_id = ocpp_id
        self.socket = socket
        self.sent = 0
        self.received = 0
        self.read = asyncio.Condition()
        self.last_call = ""
        """The id of the charger's last call."""
        self._answers: dict[str, asyncio.Future[list[Any]]] = {}
        self._number = count(1)

    async def call(self, action: str, payload: Payload) -> list[Any]:
        """The frame that answers."""
        answer = self.call_soon(action, payload)
        return await answer

    def call_soon(self, action: str, payload: Payload) -> "asyncio.Future[list[Any]]":
        id_ = f"cs-{next(self._number)}"
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._answers[id_] = future
        self.write([2, id_, action, payload])
        return future

    def write(self, frame: list[Any]) -> None:
        self.sent += 1
        self.writing = asyncio.get_running_loop().create_task(self.socket.send(orjson.dumps(frame).decode()))

    def answered(self, frame: list[Any]) -> None:
        future = self._answers.pop(frame[1], None)
        if future is not None and not future.done():
            future.set_result(frame)


class CentralSystem:
    def __init__(self, now_ms: int = 0) -> None:
        self.now_ms = now_ms
        self.connections: dict[str, Connection] = {}
        self.calls: list[tuple[str, str, Payload]] = []
        """(charger, action, payload) of all that chargers called."""
        self.called_ms: list[int] = []
        """When each of these calls was read, in this system's time."""
        self.handshakes: list[Handshake] = []
        self.silent: set[str] = set()
        """Actions that are never answered."""
        self.answers: dict[str, Callable[[str, Payload], Payload]] = {
            "BootNotification": lambda *_: {"status": "Accepted", "interval": 300, "currentTime": self.text()},
            "Authorize": lambda *_: {"idTagInfo": {"status": "Accepted"}},
            "StartTransaction": self._start,
            "StopTransaction": self._stop,
            "Heartbeat": lambda *_: {"currentTime": self.text()},
        }
        self.transactions: dict[int, str] = {}
        """The outlet of each."""
        self.limit_kw = 40.0
        self.obedience = "proven"
        self.fleet: list[str] = []
        self.knows_sites = True
        self.sessions: dict[str, Payload] = {}
        self.rest_calls: list[tuple[str, str, Any]] = []
        self.key = "key-of-the-test"
        self.logins: list[str] = []
        self._ids = count(1000)
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()

    def text(self, at_ms: int | None = None) -> str:
        return datetime.fromtimestamp((self.now_ms if at_ms is None else at_ms) / 1000, UTC).isoformat()

    def received(self, action: str) -> list[Payload]:
        """The payloads of the calls with this action."""
        return [payload for _, called, payload in self.calls if called == action]

    # OCPP

    def _check(self, socket: ServerConnection, request: Handshake) -> HandshakeResponse | None:
        self.handshakes.append(request)
        ocpp_id = request.path.rsplit("/", 1)[1]
        basic = b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        return None if basic == f"{ocpp_id}:{PASSWORD}" else socket.respond(401, "who are you?")

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        connection = Connection(socket.request.path.rsplit("/", 1)[1], socket)
        self.connections[connection.ocpp_id] = connection
        try:
            async for text in socket:
                self._take(connection, orjson.loads(text))
                async with connection.read:
                    connection.received += 1
                    connection.read.notify_all()
        except ConnectionClosed:
            pass
        if self.connections.get(connection.ocpp_id) is connection:
            del self.connections[connection.ocpp_id]
        async with connection.read:
            connection.read.notify_all()

    def _take(self, connection: Connection, frame: list[Any]) -> None:
        if frame[0] != 2:
            connection.answered(frame)
            return
        _, id_, action, payload = frame
        connection.last_call = id_
        self.calls.append((connection.ocpp_id, action, payload))
        self.called_ms.append(self.now_ms)
        if action not in self.silent:
            answer = self.answers.get(action, lambda *_: {})
            connection.write([3, id_, answer(connection.ocpp_id, payload)])

    def _start(self, ocpp_id: str, payload: Payload) -> Payload:
        transaction_id = next(self._ids)
        several = f"{ocpp_id}:{payload['connectorId']}"
        self.transactions[transaction_id] = several if several in self.fleet else ocpp_id
        self.at(self.now_ms, self.share)
        return {"transactionId": transaction_id, "idTagInfo": {"status": "Accepted"}}

    def _stop(self, ocpp_id: str, payload: Payload) -> Payload:
        outlet = self.transactions.pop(payload["transactionId"], ocpp_id)
        for session in self.sessions.values():
            if session["charger_id"] == outlet and session["state"] in ("assigned", "charging"):
                session["state"] = "completed"
        self.at(self.now_ms, self.share)
        return {}

    def share(self) -> None:
        """An equal share of the cap to every transaction; decreases are sent before increases."""
        share_a = min(32.0, self.limit_kw * 1000 / 208 / max(1, len(self.transactions)))
        for transaction_id, outlet in self.transactions.items():
            ocpp_id, _, connector = outlet.partition(":")
            connection = self.connections.get(ocpp_id)
            if connection is not None:
                id_ = int(connector or 1)
                profile = tx_profile(transaction_id, share_a, self.text(), id_=id_, connector=id_)
                connection.call_soon("SetChargingProfile", profile)

    # Control

    def at(self, at_ms: int, action: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (at_ms, next(self._order), action))

    async def _control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            asked = orjson.loads(line)
            for ocpp_id, frames in asked["sent"].items():
                await self._read_all(ocpp_id, frames)
            while self._timers and self._timers[0][0] <= asked["advance"]:
                at_ms, _, action = heapq.heappop(self._timers)
                self.now_ms = max(self.now_ms, at_ms)
                action()
            self.now_ms = asked["advance"]
            sent = {ocpp_id: connection.sent for ocpp_id, connection in self.connections.items()}
            next_timer = self._timers[0][0] if self._timers else None
            writer.write(orjson.dumps({"now": self.now_ms, "next_timer": next_timer, "sent": sent}) + b"\n")
        writer.close()

    async def _read_all(self, ocpp_id: str, frames: int) -> None:
        connection = self.connections.get(ocpp_id)
        if connection is None:
            return
        async with connection.read:
            await connection.read.wait_for(
                lambda: connection.received >= frames or self.connections.get(ocpp_id) is not connection
            )

    # REST

    def _app(self) -> Starlette:
        routes = [
            Route("/api/v1/login", self._log_in, methods=["POST"]),
            Route("/api/v1/users", self._created, methods=["POST"]),
            Route("/api/v1/enterprises", self._created, methods=["POST"]),
            Route("/api/v1/enterprises/{id}/approve", self._created, methods=["POST"]),
            Route("/api/v1/enterprises/{id}/integration-keys", self._draw_key, methods=["POST"]),
            Route("/api/v1/vehicles/{id}/telemetry", self._created, methods=["POST"]),
            Route("/api/v1/priority-audit", self._audit),
            Route("/api/v1/sites", self._created, methods=["POST"]),
            Route("/api/v1/chargers", self._add_charger, methods=["POST"]),
            Route("/api/v1/vehicles", self._add_vehicle, methods=["POST"]),
            Route("/api/v1/chargers/{id}/commission", self._created, methods=["POST"]),
            Route("/api/v1/sites/{id}/grid-limit", self._grid_limit, methods=["POST"]),
            Route("/api/v1/sessions/request", self._request, methods=["POST"]),
            Route("/api/v1/sessions/{id}/{verb}", self._decide, methods=["POST"]),
            Route("/api/v1/sessions/{id}", self._session),
            Route("/api/v1/sites/{id}/queue", self._queue),
            Route("/api/v1/sites/{id}/chargers", self._chargers),
        ]
        return Starlette(routes=routes)

    async def _body(self, request: Request) -> Payload:
        if request.headers["Authorization"] != f"Bearer {self.key}":
            raise HTTPException(401)
        body = orjson.loads(await request.body()) if request.method == "POST" else None
        self.rest_calls.append((request.method, request.url.path, body))
        return body or {}

    async def _log_in(self, request: Request) -> Response:
        self.logins.append(orjson.loads(await request.body())["email"])
        return JSONResponse({"access_token": self.key})

    async def _draw_key(self, request: Request) -> Response:
        await self._body(request)
        return JSONResponse({"id": "k1", "key": self.key}, 201)

    async def _audit(self, request: Request) -> Response:
        await self._body(request)
        entry = {
            "created_at": self.text(self.now_ms),
            "basis": "mission",
            "tier": 0,
            "soc": None,
            "location_zone": None,
        }
        decisions = [{"decision": "granted", "reason": "proven"}, {"decision": "denied", "reason": "not proven"}]
        return JSONResponse({"decisions": [{**entry, **one} for one in decisions]})

    async def _created(self, request: Request) -> Response:
        await self._body(request)
        return JSONResponse({}, 202)

    async def _add_charger(self, request: Request) -> Response:
        body = await self._body(request)
        outlets = [f"{body['id']}:{one['id']}" for one in body.get("connectors", [])] or [body["id"]]
        self.fleet += outlets
        return JSONResponse({"id": body["id"], "ocpp_id": body["id"], "outlets": outlets, "password": PASSWORD}, 201)

    async def _add_vehicle(self, request: Request) -> Response:
        body = await self._body(request)
        return JSONResponse({"id": f"vehicle-{body['token']}"}, 201)

    async def _grid_limit(self, request: Request) -> Response:
        body = await self._body(request)
        self.limit_kw = body["limit_kw"]
        self.at(self.now_ms, self.share)
        holds_from = self.text(self.now_ms + 30_000)
        return JSONResponse({"cap_id": "c1", "limit_kw": self.limit_kw, "holds_from": holds_from, "guaranteed": True})

    async def _request(self, request: Request) -> Response:
        body = await self._body(request)
        if not self.knows_sites:
            raise HTTPException(404)
        id_ = f"s{len(self.sessions) + 1}"
        self.sessions[id_] = {"id": id_, "state": "queued", "charger_id": None, **body}
        return JSONResponse(self.sessions[id_], 202)

    async def _decide(self, request: Request) -> Response:
        await self._body(request)
        session = self.sessions[request.path_params["id"]]
        verb = request.path_params["verb"]
        if verb == "accept":
            session["state"] = "assigned"
        elif verb == "cancel":
            session["state"] = "cancelled"
        return JSONResponse(session)

    async def _session(self, request: Request) -> Response:
        await self._body(request)
        return JSONResponse(self.sessions[request.path_params["id"]])

    def _taken(self) -> set[str]:
        busy = set(self.transactions.values())
        return busy | {
            s["charger_id"] for s in self.sessions.values() if s["state"] in ("offered", "assigned", "charging")
        }

    async def _queue(self, request: Request) -> Response:
        await self._body(request)
        free = [charger for charger in self.fleet if charger not in self._taken()]
        waiting = [s for s in self.sessions.values() if s["state"] in ("queued", "offered", "assigned")]
        for session in waiting:
            if session["state"] == "queued" and free:
                session |= {"state": "offered", "charger_id": free.pop(0)}
        return JSONResponse({"waiting": [_queue_entry(session) for session in waiting]})

    async def _chargers(self, request: Request) -> Response:
        await self._body(request)
        crowded = any(session["state"] == "queued" for session in self.sessions.values())
        entry = {"connected": True, "obedience": self.obedience, "session_id": None, "session_state": None}
        entry["move_wanted"] = crowded
        return JSONResponse({"chargers": [{"id": id_, **entry} for id_ in self.fleet]})

    # Running

    @asynccontextmanager
    async def ocpp(self):
        """The OCPP socket's URL while it runs."""
        server: Server = await serve(
            self._serve, "127.0.0.1", 0, subprotocols=["ocpp1.6"], process_request=self._check, ping_interval=None
        )
        async with server:
            yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp"

    @asynccontextmanager
    async def control(self):
        """(host, port) of the control socket while it runs."""
        server = await asyncio.start_server(self._control, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[:2]

    @asynccontextmanager
    async def rest(self):
        """The REST server's URL while it runs."""
        config = uvicorn.Config(self._app(), host="127.0.0.1", port=0, log_level="error", ws="none", lifespan="off")
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        running = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.001)
        try:
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


def _queue_entry(session: Payload) -> Payload:
    """A session as the queue has it, with another name for its id."""
    return {"session_id" if name == "id" else name: value for name, value in session.items()}


def tx_profile(
    transaction_id: int, limit_a: float, start: str, id_: int = 2, duration_s: int | None = None, connector: int = 1
) -> Payload:
    schedule: Payload = {
        "startSchedule": start,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": round(limit_a - 0.05, 1)}],
    }
    if duration_s is not None:
        schedule["duration"] = duration_s
    return {
        "connectorId": connector,
        "csChargingProfiles": {
            "chargingProfileId": id_,
            "transactionId": transaction_id,
            "stackLevel": 1,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": schedule,
        },
    }
