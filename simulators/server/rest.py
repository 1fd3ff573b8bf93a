"""The server's REST interface, as the people of the simulated world use it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx
import orjson

from simulators.server.ledger import Ledger
from simulators.server.patience import patiently

Json = dict[str, Any]
_TIMEOUT_S = 60.0
_NOT_NOW = 503


class Refused(Exception):
    """The server answered with a problem: its `status` and text."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(f"{status}: {what}")
        self.status = status


class Unreachable(Exception):
    """No answer, or 503: the server can't handle the request now."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Credentials for a log-in."""

    email: str
    password: str

    @classmethod
    def read(cls, file: Path) -> Credentials:
        """From a JSON file."""
        return cls(**orjson.loads(file.read_bytes()))


@dataclass(frozen=True, slots=True)
class Key:
    """The key of an integration, which needs no log-in."""

    text: str


class Api:
    """Calls below /api/v1, as a user (who logs in before the first call, and again when the token expires) or as an
    integration with its key.

    Raises `Refused` where the answer is no success, `Unreachable` without one. Each command has an idempotency key,
    drawn from `seed`: it is repeated until it is answered, at most for `patience_s` of wall time, and then stands in
    the `ledger`.
    """

    def __init__(
        self, server: str, credentials: Credentials | Key, ledger: Ledger, *, seed: str = "", patience_s: float = 0.0
    ) -> None:
        self.ledger = ledger
        self._credentials = credentials
        self._patience_s = patience_s
        self._random = Random(f"{seed}:idempotency keys")
        self._client = httpx.AsyncClient(
            base_url=f"{server.rstrip('/')}/api/v1",
            headers={"Content-Type": "application/json"},
            timeout=_TIMEOUT_S,
            trust_env=False,
        )

    async def get(self, path: str) -> Json:
        return _body(await self._answer("GET", path, None, {}))

    async def post(self, path: str, body: Json | None = None) -> Json:
        key = str(UUID(int=self._random.getrandbits(128), version=4))
        response = await self._answer("POST", path, orjson.dumps(body or {}), {"Idempotency-Key": key})
        answer = _body(response) if response.is_success else {}
        self.ledger.command("POST", path, key, response.status_code, answer)
        return _body(response)

    async def close(self) -> None:
        await self._client.aclose()

    async def _answer(self, method: str, path: str, content: bytes | None, headers: dict[str, str]) -> httpx.Response:
        if "Authorization" not in self._client.headers:
            await self._log_in()
        response = await self._request(method, path, content, headers)
        if response.status_code == 401 and isinstance(self._credentials, Credentials):
            await self._log_in()
            response = await self._request(method, path, content, headers)
        return response

    async def _log_in(self) -> None:
        if isinstance(self._credentials, Key):
            self._client.headers["Authorization"] = f"Bearer {self._credentials.text}"
            return
        response = await self._request("POST", "/login", orjson.dumps(asdict(self._credentials)), {})
        self._client.headers["Authorization"] = f"Bearer {_body(response)['access_token']}"

    async def _request(self, method: str, path: str, content: bytes | None, headers: dict[str, str]) -> httpx.Response:
        async def attempt() -> httpx.Response:
            try:
                response = await self._client.request(method, path, content=content, headers=headers)
            except httpx.HTTPError as error:
                raise Unreachable(f"{method} {path}: {error!r}") from None
            if response.status_code == _NOT_NOW:
                raise Unreachable(f"{method} {path}: {response.text}")
            return response

        return await patiently(attempt, Unreachable, self._patience_s)


def _body(response: httpx.Response) -> Json:
    if not response.is_success:
        raise Refused(response.status_code, response.text)
    body: Json = orjson.loads(response.content) if response.content else {}
    return body
