"""The server's REST interface, as the people of the simulated world use it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson

Json = dict[str, Any]
_TIMEOUT_S = 60.0


class Refused(Exception):
    """The server answered with a problem: `status` and what it says."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(f"{status}: {what}")
        self.status = status


class Unreachable(Exception):
    """No answer came."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody logs in with."""

    email: str
    password: str

    @classmethod
    def read(cls, file: Path) -> Credentials:
        """From a JSON file."""
        return cls(**orjson.loads(file.read_bytes()))


class Api:
    """Calls below /api/v1 as one user, who logs in by herself before the first, and again when her token is over.

    Raises `Refused` where the answer is no success, `Unreachable` without one.
    """

    def __init__(self, server: str, credentials: Credentials) -> None:
        self._credentials = credentials
        self._client = httpx.AsyncClient(
            base_url=f"{server.rstrip('/')}/api/v1",
            headers={"Content-Type": "application/json"},
            timeout=_TIMEOUT_S,
            trust_env=False,
        )

    async def get(self, path: str) -> Json:
        return await self._call("GET", path, None)

    async def post(self, path: str, body: Json | None = None) -> Json:
        return await self._call("POST", path, orjson.dumps(body or {}))

    async def close(self) -> None:
        await self._client.aclose()

    async def _call(self, method: str, path: str, content: bytes | None) -> Json:
        if "Authorization" not in self._client.headers:
            await self._log_in()
        response = await self._request(method, path, content)
        if response.status_code == 401:
            await self._log_in()
            response = await self._request(method, path, content)
        return _told(response)

    async def _log_in(self) -> None:
        response = await self._request("POST", "/login", orjson.dumps(asdict(self._credentials)))
        self._client.headers["Authorization"] = f"Bearer {_told(response)['access_token']}"

    async def _request(self, method: str, path: str, content: bytes | None) -> httpx.Response:
        try:
            return await self._client.request(method, path, content=content)
        except httpx.HTTPError as error:
            raise Unreachable(f"{method} {path}: {error!r}") from None


def _told(response: httpx.Response) -> Json:
    if not response.is_success:
        raise Refused(response.status_code, response.text)
    told: Json = orjson.loads(response.content) if response.content else {}
    return told
