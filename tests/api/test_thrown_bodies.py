"""Whatever is thrown at a POST route: no defect shows, a refusal names what was wrong, and nothing of it is stored.

What a rule refuses is a decision and recorded as one; everything before the rules leaves no trace.
"""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.app import App
from commands.log.topics import EVENTS, PROCESSORS, inputs
from domain.errors import DomainError
from domain.records import Record
from domain.records.registry import RegisterSite
from domain.registry.site_tree import check_tree
from tests.api.bodies import thrown
from tests.api.world import SCRIPT, Told, World, rejecting
from tests.examples import examples

DOCUMENT = App("test").openapi()
SCHEMAS = DOCUMENT["components"]["schemas"]
POSTS = {path: operations["post"] for path, operations in DOCUMENT["paths"].items() if "post" in operations}
CAR = "WVWZZZ1JZXW000009"
THINGS = {
    "site_id": "north",
    "charger_id": "c1",
    "vehicle_id": CAR,
    "card_id": "tok_1",
    "enterprise_id": "acme",
    "session_id": "s1",
}
PROBLEM = "application/problem+json"


@pytest.fixture(autouse=True)
async def known(world: World) -> None:
    world.script[RegisterSite] = site_by_the_rules
    await world.site()
    await world.charger()
    await world.vehicle(CAR)
    enterprise = {"id": "acme", "name": "Acme", "type": "fleet", "domain": "acme.example"}
    assert (await world.post("/enterprises", enterprise)).status_code == 201


def site_by_the_rules(asked: RegisterSite, record: Record) -> Told:
    """What hypothesis draws is seldom a tree."""
    try:
        check_tree(asked.nodes, asked.firm_w, asked.priority_reserve_w)
    except DomainError as error:
        return rejecting(error.field, error.reason, error.rule)(asked, record)
    return SCRIPT[RegisterSite](asked, record)


async def ends(world: World) -> list[Any]:
    return [await world.log.ends(topic) for topic in (EVENTS, *map(inputs, PROCESSORS))]


def body_schema(operation: dict[str, Any]) -> dict[str, Any] | None:
    schema: dict[str, Any] | None = (
        operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    )
    return schema


@pytest.mark.parametrize("path", POSTS)
@settings(max_examples=examples(20), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_no_body_does_harm(world: World, path: str, data: st.DataObject) -> None:
    body = data.draw(thrown(body_schema(POSTS[path]), SCHEMAS))
    before = await ends(world)

    headers = {"content-type": "application/json"}
    answer = await world.client.post(path.format(**THINGS), content=json.dumps(body), headers=headers)

    assert answer.status_code < 500, answer.text
    assert str(answer.status_code) in POSTS[path]["responses"]
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == PROBLEM
        told = answer.json()
        assert told["status"] == answer.status_code
        assert told["detail"]
        if answer.status_code == 422:
            assert all(error["field"] and error["reason"] for error in told["errors"])
            assert told["errors"]
        if "rule" not in told:  # what a rule decides is recorded
            assert await ends(world) == before
