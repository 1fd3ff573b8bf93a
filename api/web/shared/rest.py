"""A client of the REST API within the process: what a page may show or do is decided by the API alone."""

from __future__ import annotations

from typing import Any

import httpx
from fastapi import Request

from api.call import IDEMPOTENCY_KEY
from api.routes.paths import V1
from api.web.shared.cookie import token_of
from commands.ports.clock import Clock

Document = dict[str, Any]


class Refused(Exception):
    """The API refused a request. `errors`: the reason for each field; `detail`: all reasons in one text."""

    def __init__(self, status: int, problem: Document) -> None:
        super().__init__(problem["detail"])
        self.status = status
        self.detail: str = problem["detail"]
        self.errors: dict[str, str] = {one["field"]: one["reason"] for one in problem.get("errors", [])}


class Rest:
    """The API with the token of the user who sent `request` to a page."""

    def __init__(self, request: Request) -> None:
        self.clock: Clock = request.app.state.context.clock
        self._transport = httpx.ASGITransport(request.app)
        self._headers = {"Authorization": f"Bearer {token_of(request) or ''}"}

    async def get(self, path: str, **query: Any) -> Document:
        """The API's answer to a GET. Raises `Refused`."""
        return await self._send("GET", path, params=query)

    async def post(self, path: str, body: Document | None = None, *, key: str) -> Document:
        """The API's answer to a POST with this idempotency key. Raises `Refused`."""
        return await self._send("POST", path, json=body, headers={IDEMPOTENCY_KEY: key})

    async def _send(self, method: str, path: str, **content: Any) -> Document:
        async with httpx.AsyncClient(
            transport=self._transport, base_url="http://commonwatt", headers=self._headers, timeout=None
        ) as client:
            answer = await client.request(method, f"{V1}{path}", **content)
        document: Document = answer.json()
        if answer.is_error:
            raise Refused(answer.status_code, document)
        return document
