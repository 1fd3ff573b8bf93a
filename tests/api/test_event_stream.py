"""The events as they come: pinged, resumed, ended, and never longer than the reader may read."""

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from sse_starlette import ServerSentEvent

from api import streams
from tests.api.sse import opened, told
from tests.api.test_events import lines, numbered
from tests.api.world import World

EVENTS = "/api/v1/events"


def charger(event: dict[str, str]) -> str:
    return json.loads(event["data"])["data"]["charger_id"]


async def test_what_is_there_and_what_comes_is_told_in_order(world: World, client: httpx.AsyncClient) -> None:
    await world.tell(*numbered("north", 2))
    async with opened(client, EVENTS, stream="sites:north") as events:
        assert [charger(await told(events)) for _ in range(2)] == ["north-0", "north-1"]
        await world.tell(*numbered("south", 1))
        await world.tell(*numbered("north", 1))
        event = await told(events)
        assert charger(event) == "north-0"
        assert event["id"] == json.loads(event["data"])["position"]


@pytest.mark.parametrize("stream", [None, "sites:north"])
async def test_a_reader_goes_on_behind_the_last_id_that_it_got(
    world: World, client: httpx.AsyncClient, stream: str | None
) -> None:
    [*_, last] = lines(await world.get("/events"))
    await world.tell(*numbered("north", 3))
    query = {} if stream is None else {"stream": stream}
    async with opened(client, EVENTS, after=last["position"], **query) as events:
        first = await told(events)
    async with opened(client, EVENTS, {"Last-Event-ID": first["id"]}, **query) as events:
        second = await told(events)
        assert charger(second) == "north-1"
    async with opened(client, EVENTS, {"Last-Event-ID": second["id"]}, after=first["id"], **query) as events:
        assert charger(await told(events)) == "north-2"  # a browser comes back with the address it first had


async def test_an_id_that_we_never_gave_is_named(client: httpx.AsyncClient) -> None:
    asked = {"Accept": "text/event-stream", "Last-Event-ID": "forged"}
    answer = await client.get(EVENTS, headers=asked)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Last-Event-ID")


async def test_a_quiet_stream_is_pinged(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PING_S", 0.01)
    async with opened(client, EVENTS, stream="sites:quiet") as events:
        assert [await anext(events) for _ in range(3)] == [{"": "ping"}] * 3


async def test_a_stream_ends_when_the_reader_may_no_longer_read(
    world: World, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PING_S", 0.01)

    async def nobody(_: str) -> None:
        return None

    async with opened(client, EVENTS, stream="sites:quiet") as events:
        assert await anext(events) == {"": "ping"}
        monkeypatch.setattr(world.context.identity, "principal", nobody)
        async with asyncio.timeout(10):
            assert all([event == {"": "ping"} async for event in events])


async def test_a_driver_follows_her_own_vehicles_and_nothing_else(world: World, client: httpx.AsyncClient) -> None:
    driver = await world.account("driver-1", "driver")
    asked = {"Accept": "text/event-stream", "Authorization": driver}
    for query in ({}, {"stream": "sites:north"}, {"stream": "vehicles:somebody"}):
        assert (await client.get(EVENTS, params=query, headers=asked)).status_code == 403


async def test_a_stream_ends_with_the_server(world: World, client: httpx.AsyncClient) -> None:
    async with opened(client, EVENTS, stream="sites:quiet") as events:
        assert await anext(events) == {"": "ping"}
        world.context.live.end()
        assert [event async for event in events] == []


async def test_a_reader_who_takes_nothing_is_left_and_costs_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given endless events and a socket that is full after three messages, then no more are drawn, and it ends."""
    monkeypatch.setattr(streams, "SLOW_S", 0.05)
    drawn, sent = [], []

    async def endless() -> AsyncGenerator[ServerSentEvent]:
        for number in itertools.count():
            drawn.append(number)
            yield streams.event(str(number))

    async def never(*_: object) -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) > 3:
            await never()

    async def always() -> bool:
        return True

    async with asyncio.timeout(10):
        await streams.EventStream(endless(), always)({"type": "http", "method": "GET"}, never, send)
    assert len(drawn) <= len(sent) == 4


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("text/event-stream", True),
        ("text/html, Text/Event-Stream;q=0.9", True),
        ("*/*", False),
        ("application/jsonl", False),
        ("", False),
    ],
)
def test_only_who_asks_for_a_stream_gets_one(accept: str, wanted: bool) -> None:
    assert streams.wanted(accept) is wanted
