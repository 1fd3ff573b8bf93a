"""The events of the log as CloudEvents, in JSON Lines or as server-sent events."""

from __future__ import annotations

import base64
import binascii
import heapq
from collections.abc import AsyncGenerator, Mapping
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Header, Query, Request
from sse_starlette import ServerSentEvent
from starlette.responses import Response

from api import streams
from api.access import CurrentPrincipal, belongs_stream, check
from api.context import Context, CurrentContext
from api.middleware import principal_of
from api.problems import Problem
from api.routes.paths import V1, Limit
from commands.log.topics import EVENTS, partition_of
from commands.ports.log import Stored
from commands.quantities import rfc3339
from domain.registry.access import allows

router = APIRouter(prefix=f"{V1}/events", tags=["events"])
MEDIA_TYPE = "application/jsonl"
SCANNED = 10_000
"""How many events of other streams one request reads past; the `next` link continues after them."""


class JsonLines(Response):
    """One JSON document per line."""

    media_type = MEDIA_TYPE


@router.get("", response_class=JsonLines)
async def events(
    request: Request,
    context: CurrentContext,
    caller: CurrentPrincipal,
    stream: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    after: Annotated[str | None, Query(max_length=4000)] = None,
    limit: Limit = 100,
    accept: Annotated[str, Header()] = "",
    last_event_id: Annotated[str | None, Header(max_length=4000)] = None,
) -> Response:
    """List the events after a position, one per line.

    They are in the order of the log within each stream. `after` is the `position` of an earlier event; the `next` link
    holds it. With `Accept: text/event-stream` the events are server-sent events, and new ones follow as they are
    recorded. The id of each is its position; `Last-Event-ID` continues after it.
    """
    check(caller, "events.see", await belongs_stream(context, stream), "stream")
    if streams.wanted(accept):
        cursor = _read_cursor(context, last_event_id or after, "Last-Event-ID" if last_event_id else "after")
        allowed = partial(may_read_on, request, stream)
        return streams.EventStream(_followed(context, stream, cursor, limit), allowed)
    cursor = _read_cursor(context, after, "after")
    lines = [_line(stored, place) for stored, place in await _page(context, stream, cursor, limit)]
    rest = {"stream": stream, "limit": limit, "after": _cursor(cursor)}
    following = urlencode({name: value for name, value in rest.items() if value is not None})
    body = b"".join(line + b"\n" for line in lines)
    return Response(body, 200, {"Link": f'<?{following}>; rel="next"'}, MEDIA_TYPE)


async def may_read_on(request: Request, stream: str | None) -> bool:
    """Whether the caller who opened a stream may still read it: tokens expire, and vehicles change owners."""
    context: Context = request.app.state.context
    caller = await principal_of(request.scope, context.identity)
    return caller is not None and allows(caller, "events.see", await belongs_stream(context, stream))


async def _followed(
    context: Context, stream: str | None, cursor: dict[int, int], limit: int
) -> AsyncGenerator[ServerSentEvent]:
    """The events after a cursor, then new ones as they are recorded, until the server stops."""
    while not context.live.ended.is_set():
        more, before = context.live.events.next, dict(cursor)
        for stored, place in await _page(context, stream, cursor, limit):
            yield streams.event(_line(stored, place).decode(), mark=place)
        if cursor == before:
            await more.wait()


async def _page(context: Context, stream: str | None, cursor: dict[int, int], limit: int) -> list[tuple[Stored, str]]:
    """The next events, each with the position after it; `cursor` moves after them."""
    place = dict(cursor)
    if stream is None:
        found = await _of_all(context, cursor, limit)
    else:
        found = await _of_stream(context, stream, cursor, limit)
    placed = []
    for stored in found:
        place[stored.position.partition] = stored.position.offset
        placed.append((stored, _cursor(place)))
    cursor.update({partition: max(offset, cursor.get(partition, 0)) for partition, offset in place.items()})
    return placed


async def _of_all(context: Context, cursor: Mapping[int, int], limit: int) -> list[Stored]:
    partitions = range(context.log.partitions(EVENTS))
    pages = [await context.log.read(EVENTS, partition, cursor.get(partition, 0), limit) for partition in partitions]
    merged = heapq.merge(*pages, key=lambda stored: stored.position.offset)
    return [stored for stored, _ in zip(merged, range(limit), strict=False)]


async def _of_stream(context: Context, stream: str, cursor: dict[int, int], limit: int) -> list[Stored]:
    """The next events of a stream; `cursor` moves after the events of others that were read past."""
    partition = partition_of(stream, context.log.partitions(EVENTS))
    found: list[Stored] = []
    after = cursor.get(partition, 0)
    looked = 0
    while looked < SCANNED and len(found) < limit:
        page = await context.log.read(EVENTS, partition, after)
        if not page:
            break
        looked += len(page)
        after = page[-1].position.offset
        found += [stored for stored in page if stored.key == stream]
    if len(found) <= limit:
        cursor[partition] = after
        return found
    return found[:limit]


def _line(stored: Stored, place: str) -> bytes:
    record: dict[str, Any] = orjson.loads(stored.body)
    event = {
        "specversion": "1.0",
        **record,
        "time": rfc3339(record["time"]),
        "dataschema": f"schemas/{record['type']}.json",
        "datacontenttype": "application/json",
        "position": place,
    }
    return orjson.dumps(event)


def _cursor(offsets: Mapping[int, int]) -> str:
    text = orjson.dumps(sorted(offsets.items()))
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _read_cursor(context: Context, after: str | None, field: str) -> dict[int, int]:
    if after is None:
        return {}
    try:
        pairs = orjson.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        offsets = {int(partition): int(offset) for partition, offset in pairs}
    except (binascii.Error, ValueError, TypeError) as error:
        raise Problem(422, "must be the position of an earlier event", field=field) from error
    known = range(context.log.partitions(EVENTS))
    if any(partition not in known or not 0 <= offset < 2**63 for partition, offset in offsets.items()):
        raise Problem(422, "must be the position of an earlier event", field=field)
    return offsets
