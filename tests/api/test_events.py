"""The events, as CloudEvents in JSON Lines, and how to go on reading."""

import json
from typing import Any

import pytest

from domain.records import sites as said
from tests.api.world import NOW, World


def lines(answer: Any) -> list[dict[str, Any]]:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jsonl")
    return [json.loads(line) for line in answer.text.splitlines()]


def numbered(site_id: str, count: int) -> list[tuple[str, said.ChargerReleased]]:
    return [(f"sites:{site_id}", said.ChargerReleased(charger_id=f"{site_id}-{number}")) for number in range(count)]


async def test_an_event_is_a_cloud_event(world: World) -> None:
    await world.tell(*numbered("north", 1))
    *_, event = lines(await world.get("/events"))
    assert event == {
        "specversion": "1.0",
        "id": event["id"],
        "source": "/processors",
        "type": "charger.released.v1",
        "subject": "sites:north",
        "time": NOW,
        "dataschema": "schemas/charger.released.v1.json",
        "datacontenttype": "application/json",
        "stream": "sites:north",
        "actor": "key:test",
        "correlationid": event["correlationid"],
        "causationid": event["causationid"],
        "build": "b1",
        "data": {"charger_id": "north-0"},
        "position": event["position"],
    }


async def test_a_stream_is_read_in_order_and_on_from_any_line(world: World) -> None:
    for _ in range(2):
        await world.tell(*numbered("north", 3), *numbered("south", 2))
    every = lines(await world.get("/events", stream="sites:north"))
    assert [event["data"]["charger_id"] for event in every] == ["north-0", "north-1", "north-2"] * 2
    rest = lines(await world.get("/events", stream="sites:north", after=every[3]["position"]))
    assert [event["data"]["charger_id"] for event in rest] == ["north-1", "north-2"]


@pytest.mark.parametrize("stream", [None, "sites:north"])
async def test_the_next_link_leads_to_everything_once(world: World, stream: str | None) -> None:
    sites = ["north", "south", "east", "west", "centre"]
    await world.tell(*(told for site_id in sites for told in numbered(site_id, 3)))
    address = f"/api/v1/events?limit=2{'&stream=' + stream if stream else ''}"
    seen: list[str] = []
    while found := lines(answer := await world.client.get(address)):
        assert len(found) <= 2
        seen += [event["data"]["charger_id"] for event in found if event["type"] == "charger.released.v1"]
        address = f"/api/v1/events{answer.links['next']['url']}"
    wanted = sites if stream is None else ["north"]
    assert sorted(seen) == sorted(f"{site_id}-{number}" for site_id in wanted for number in range(3))
    await world.tell(*numbered("north", 1))
    assert [event["data"]["charger_id"] for event in lines(await world.client.get(address))] == ["north-0"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"after": "forged"}, "after"),
        ({"after": "W1s5OSwxXV0"}, "after"),  # partition 99
        ({"after": "W1swLC0xXV0"}, "after"),  # offset -1
        ({"after": "bnVsbA"}, "after"),  # null
        ({"after": "é"}, "after"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"stream": ""}, "stream"),
    ],
)
async def test_a_forged_question_is_named(world: World, query: dict[str, str], field: str) -> None:
    answer = await world.get("/events", **query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_stream_that_nobody_wrote_is_empty(world: World) -> None:
    assert lines(await world.get("/events", stream="sites:nowhere")) == []
