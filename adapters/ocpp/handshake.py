"""The handshake: which chargers may open a socket (HTTP Basic, the user is the identity in the path).

That is security profile 1 of OCPP 1.6J, and of the later versions too.
"""

from __future__ import annotations

import base64
import binascii
import re
from http import HTTPStatus
from urllib.parse import unquote

import structlog
from websockets.asyncio.server import ServerConnection
from websockets.headers import build_www_authenticate_basic
from websockets.http11 import Request, Response

from adapters.ocpp.charger_socket import ChargerSocket
from adapters.ocpp.proxies import client_address
from adapters.ocpp.settings import Settings
from adapters.ocpp.throttle import Throttle
from commands.ports.clock import Clock
from commands.ports.database import DatabaseUnavailable
from commands.ports.directory import ChargerIdentity, Directory

IDENTITY = re.compile(r"[A-Za-z0-9*_=+|@.~-]{1,48}")
"""No colon: Basic could not tell it from the one before the password."""
SOON_MS = 1_000

log = structlog.get_logger()


class Authenticator:
    """Answers handshakes. An unknown charger and a wrong password get the same refusal."""

    def __init__(self, directory: Directory, clock: Clock, settings: Settings) -> None:
        self._directory = directory
        self._clock = clock
        self._trusted_proxies = settings.trusted_proxies
        self._of_identity = Throttle(settings.failures, settings.failure_window_ms)
        self._of_address = Throttle(settings.failures_of_address, settings.failure_window_ms)

    async def admit(self, socket: ServerConnection, request: Request) -> Response | None:
        """A refusal, or None: `websockets` then negotiates the subprotocol, and refuses with 400 if none is shared."""
        assert isinstance(socket, ChargerSocket)
        forwarded_for = request.headers.get_all("X-Forwarded-For")
        socket.forwarded_for = client_address(socket.peer, forwarded_for, self._trusted_proxies)
        ocpp_id = identity_of(request.path)
        if ocpp_id is None:
            return socket.respond(HTTPStatus.NOT_FOUND, "Chargers connect to /ocpp/<identity>.\n")
        socket.ocpp_id = ocpp_id
        guesser, now_ms = f"{ocpp_id} {socket.address}", self._clock.now_ms()
        wait_ms = self._of_identity.wait_ms(guesser, now_ms)
        if wait_ms > 0:
            return _later(socket, HTTPStatus.TOO_MANY_REQUESTS, "Too many failed logins.\n", wait_ms)
        try:
            charger = await self._authenticated(socket, request.headers.get_all("Authorization"))
        except DatabaseUnavailable as error:
            log.error("waiting for the database", error=str(error))
            return _later(socket, HTTPStatus.SERVICE_UNAVAILABLE, "Its credentials can't be looked up now.\n", SOON_MS)
        if charger is None:
            return self._failed(socket, guesser, now_ms)
        socket.charger = charger
        return None

    def _failed(self, socket: ChargerSocket, guesser: str, now_ms: int) -> Response:
        """Failures of an address refuse no right password: behind one address there may be a whole fleet."""
        wait_ms = self._of_address.wait_ms(socket.address, now_ms)
        self._of_identity.failed(guesser, now_ms)
        self._of_address.failed(socket.address, now_ms)
        if wait_ms > 0:
            return _later(socket, HTTPStatus.TOO_MANY_REQUESTS, "Too many failed logins.\n", wait_ms)
        return _unauthorized(socket)

    async def _authenticated(self, socket: ChargerSocket, headers: list[str]) -> ChargerIdentity | None:
        given = _credentials(headers)
        if given is None:
            socket.refusal = "no credentials (HTTP Basic) that can be read"
            return None
        user, password = given
        if unquote(user) != socket.ocpp_id:
            socket.refusal = "the user name is not the identity in the path"
            return None
        return await self._directory.authenticate(socket.ocpp_id, password)


def identity_of(path: str) -> str | None:
    """The identity in a path like `/ocpp/<identity>`: slashes may be doubled, or stand at its end, too."""
    match [unquote(part) for part in path.partition("?")[0].split("/") if part]:
        case [first, identity] if first.lower() == "ocpp" and IDENTITY.fullmatch(identity):
            return identity
    return None


def _credentials(headers: list[str]) -> tuple[str, str] | None:
    """(user, password) of HTTP Basic. A password of bytes that are no text is given as its hexadecimal digits."""
    if len(headers) != 1:
        return None
    scheme, _, encoded = headers[0].strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        name = user.decode()
    except (binascii.Error, ValueError):
        return None
    if not colon:
        return None
    try:
        return name, password.decode()
    except UnicodeDecodeError:
        return name, password.hex()


def log_refusal(socket: ServerConnection, request: Request, response: Response) -> None:
    """Log a refused handshake, of which charger and why; no header but the subprotocols that were offered."""
    if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
        assert isinstance(socket, ChargerSocket)
        log.warning(
            "charger refused",
            ocpp_id=socket.ocpp_id,
            path=request.path.partition("?")[0][:100],
            offered=request.headers.get_all("Sec-WebSocket-Protocol"),
            address=socket.address,
            peer=socket.peer,
            status=response.status_code,
            reason=socket.refusal or (response.body or b"").decode().strip(),
        )


def _unauthorized(socket: ChargerSocket) -> Response:
    response = socket.respond(HTTPStatus.UNAUTHORIZED, "Unknown charger or wrong password.\n")
    response.headers["WWW-Authenticate"] = build_www_authenticate_basic("ocpp")
    return response


def _later(socket: ChargerSocket, status: HTTPStatus, reason: str, wait_ms: int) -> Response:
    response = socket.respond(status, reason)
    response.headers["Retry-After"] = str(-(-wait_ms // 1000))
    return response
