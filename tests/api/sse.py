"""A reader of server-sent events, as the specification describes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

Event = dict[str, str]
"""Its fields by name; a comment is under "" ."""


@asynccontextmanager
async def opened(
    client: httpx.AsyncClient, path: str, headers: dict[str, str] | None = None, **query: Any
) -> AsyncIterator[AsyncIterator[Event]]:
    """The events of a stream, as they come."""
    asked = {"Accept": "text/event-stream", **(headers or {})}
    async with client.stream("GET", path, params=query, headers=asked, timeout=10) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer)


async def _events(answer: httpx.Response) -> AsyncIterator[Event]:
    fields: Event = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(":")
        if line:
            fields[name] = value.strip()
        elif fields:
            yield fields
            fields = {}


async def told(events: AsyncIterator[Event]) -> Event:
    """The next one that is no comment."""
    return await anext(event async for event in events if "" not in event)
