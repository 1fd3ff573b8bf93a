"""Server-sent events: with pings, until the server stops or the client may no longer read them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

PING_S = 15.0
SLOW_S = 30.0
"""A client that has read nothing for this long is disconnected; it can continue with its last id."""
LINE_END = "\n"
StillAllowed = Callable[[], Awaitable[bool]]


class EventStream(EventSourceResponse):
    """A stream of server-sent events. `still_allowed` is called at each ping; False ends the stream.

    Events are produced as the client reads them, so a slow client uses no memory.
    """

    def __init__(self, events: AsyncGenerator[ServerSentEvent], still_allowed: StillAllowed) -> None:
        super().__init__(_pinged(events, still_allowed), ping=0, sep=LINE_END, send_timeout=SLOW_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            return  # without an end: the server closes the connection


def event(data: str, *, name: str | None = None, mark: str | None = None) -> ServerSentEvent:
    """One event. `mark` is its id, which a client sends back as Last-Event-ID."""
    return ServerSentEvent(data, event=name, id=mark, sep=LINE_END)


def wanted(accept: str) -> bool:
    """Whether an Accept header asks for server-sent events."""
    return any(one.partition(";")[0].strip().lower() == "text/event-stream" for one in accept.split(","))


async def _pinged(
    events: AsyncGenerator[ServerSentEvent], still_allowed: StillAllowed
) -> AsyncIterator[ServerSentEvent]:
    now = asyncio.get_running_loop().time
    following = asyncio.ensure_future(anext(events, None))
    ping_at = now()  # at once, so that the client knows that it is connected
    try:
        while True:
            await asyncio.wait([following], timeout=max(0.0, ping_at - now()))
            if now() >= ping_at:
                if not await still_allowed():
                    return
                yield ServerSentEvent(comment="ping", sep=LINE_END)
                ping_at = now() + PING_S
            elif (one := following.result()) is not None:
                yield one
                following = asyncio.ensure_future(anext(events, None))
            else:
                return
    finally:
        following.cancel()
        await asyncio.wait([following])
        await events.aclose()
