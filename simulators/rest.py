"""The server's REST interface, as the people of the simulated world use it."""

from __future__ import annotations

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


class Api:
    """Calls below /api/v1 with one key. Raises `Refused` where the answer is no success, `Unreachable` without one."""

    def __init__(self, server: str, key: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=f"{server.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
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
        try:
            response = await self._client.request(method, path, content=content)
        except httpx.HTTPError as error:
            raise Unreachable(f"{method} {path}: {error!r}") from None
        if not response.is_success:
            raise Refused(response.status_code, response.text)
        told: Json = orjson.loads(response.content) if response.content else {}
        return told
