"""The REST API, asked from within the process: what a page may show or do is decided there, and only there."""

from __future__ import annotations

from typing import Any

import httpx
from fastapi import Request

from api.call import IDEMPOTENCY_KEY
from api.routes.paths import V1
from api.web.session import token_of
from commands.ports.clock import Clock

Told = dict[str, Any]


class Refused(Exception):
    """The API said no: `errors` tells the reasons by field, `detail` all in one."""

    def __init__(self, status: int, problem: Told) -> None:
        super().__init__(problem["detail"])
        self.status = status
        self.detail: str = problem["detail"]
        self.errors: dict[str, str] = {one["field"]: one["reason"] for one in problem.get("errors", [])}


class Rest:
    """The API as whoever sent `request` to a page sees it."""

    def __init__(self, request: Request) -> None:
        self.clock: Clock = request.app.state.context.clock
        self._transport = httpx.ASGITransport(request.app)
        self._headers = {"Authorization": f"Bearer {token_of(request) or ''}"}

    async def get(self, path: str, **query: Any) -> Told:
        """What the API tells. Raises `Refused`."""
        return await self._ask("GET", path, params=query)

    async def post(self, path: str, body: Told | None = None, *, key: str) -> Told:
        """Ask for something, once for each `key`. Raises `Refused`."""
        return await self._ask("POST", path, json=body, headers={IDEMPOTENCY_KEY: key})

    async def _ask(self, method: str, path: str, **asked: Any) -> Told:
        async with httpx.AsyncClient(
            transport=self._transport, base_url="http://commonwatt", headers=self._headers, timeout=None
        ) as client:
            answer = await client.request(method, f"{V1}{path}", **asked)
        told: Told = answer.json()
        if answer.is_error:
            raise Refused(answer.status_code, told)
        return told
