"""The OpenAPI document says what the routes do: who may come in, what is refused how, and what answers look like."""

from collections.abc import Iterator
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from api.app import App
from api.examples import ANSWERS, EXAMPLES
from domain.records.sites import SessionOffered
from tests.api.world import NOW_MS, World

DOCUMENT = App("1.2.3").openapi()
OPERATIONS = {
    (method, path): operation for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
}
OPEN = {"/api/v1/login", "/livez", "/readyz", "/metrics"}


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def resolved(reference: str) -> Any:
    found: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def check(answer: httpx.Response, method: str, path: str) -> Any:
    """The answer is of a kind that the document knows; its JSON."""
    told = OPERATIONS[method, path]["responses"][str(answer.status_code)]
    told = resolved(told["$ref"]) if "$ref" in told else told
    schema = told["content"][answer.headers["content-type"]]["schema"]
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(answer.json())
    return answer.json()


def test_it_is_whole_and_of_this_version() -> None:
    assert DOCUMENT["info"]["version"] == "1.2.3"
    for reference in references(DOCUMENT):
        assert resolved(reference), reference
    ids = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(ids)) == len(ids)
    assert "sessions_request" in ids


def test_every_operation_but_logging_in_and_health_needs_a_token() -> None:
    needing = {path for (_, path), operation in OPERATIONS.items() if operation.get("security")}
    assert needing == {path for _, path in OPERATIONS} - OPEN
    assert DOCUMENT["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_every_refusal_is_problem_details() -> None:
    for (method, path), operation in OPERATIONS.items():
        refusals = {status: told for status, told in operation["responses"].items() if int(status) >= 400}
        if path.startswith("/api/"):
            assert {"401", "503"} <= refusals.keys()
            assert ("404" in refusals) == ("{" in path)
            assert ("413" in refusals) == ("requestBody" in operation)
            assert all(
                list(resolved(told["$ref"])["content"]) == ["application/problem+json"] for told in refusals.values()
            )
        if method == "post" and path not in OPEN:
            names = {parameter["name"].lower() for parameter in operation["parameters"]}
            assert {"idempotency-key", "prefer"} <= names
            assert "409" in refusals


def test_every_operation_has_a_summary_of_its_own_words_and_every_shape_a_description() -> None:
    for one in OPERATIONS.values():
        assert " " in one["summary"]
        assert not one["summary"].endswith(".")
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert schema.get("description"), name


def test_every_body_has_an_example_and_every_answer_a_shape() -> None:
    bodies = {
        one["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        for one in OPERATIONS.values()
        if "requestBody" in one
    }
    assert {name.rpartition("/")[2] for name in bodies} == EXAMPLES.keys()
    for (_, path), operation in OPERATIONS.items():
        for status, told in operation["responses"].items():
            if path.startswith("/api/") and "application/json" in told.get("content", {}) and status != "202":
                assert told["content"]["application/json"]["schema"], (path, status)


def test_the_examples_of_answers_are_of_their_shape() -> None:
    for name, example in ANSWERS.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(example)
        assert DOCUMENT["components"]["schemas"][name]["examples"] == [example]


async def test_the_server_gives_it(world: World) -> None:
    assert (await world.client.get("/openapi.json")).json()["components"] == DOCUMENT["components"]


async def test_the_examples_work_and_the_answers_are_as_described(world: World) -> None:
    async def post(path: str, example: str | None = None, **ids: str) -> Any:
        body = None if example is None else EXAMPLES[example]
        return check(await world.post(path.removeprefix("/api/v1").format(**ids), body), "post", path)

    async def get(path: str, **ids: str) -> Any:
        return check(await world.get(path.removeprefix("/api/v1").format(**ids)), "get", path)

    v1 = "/api/v1"
    await post(f"{v1}/users", "UserRequest")
    await post(f"{v1}/enterprises", "EnterpriseRequest")
    await post(f"{v1}/enterprises/{{enterprise_id}}/approve", "ApprovalRequest", enterprise_id="city-ambulance")
    await post(f"{v1}/enterprises/{{enterprise_id}}/integration-keys", enterprise_id="city-ambulance")
    await post(f"{v1}/integration-keys")
    await post(f"{v1}/sites", "SiteRequest")
    await post(f"{v1}/sites/{{site_id}}/grid-limit", "GridLimitRequest", site_id="garage")
    await post(f"{v1}/chargers", "ChargerRequest")
    await post(f"{v1}/chargers/{{charger_id}}/commission", "CommissionRequest", charger_id="c1")
    await post(f"{v1}/chargers/{{charger_id}}/commands", "ChargerCommandRequest", charger_id="c1")
    vehicle_id = (await post(f"{v1}/vehicles", "VehicleRequest"))["id"]
    session_id = (await post(f"{v1}/sessions/request", "SessionRequest"))["id"]
    offered = SessionOffered(
        session_id=session_id, charger_id="c1", held_until_ms=NOW_MS, rule="r", reason="r", facts=()
    )
    await world.tell(("sites:garage", offered))
    [decision, *_] = (await world.get("/sites/garage/decisions")).json()["decisions"]
    for path in (path for method, path in OPERATIONS if method == "get" and path.startswith(v1)):
        if path not in (f"{v1}/events", f"{v1}/users/me"):
            ids = {
                "enterprise_id": "city-ambulance",
                "site_id": "garage",
                "event_id": decision["id"],
                "charger_id": "c1",
            }
            await get(path, **ids, vehicle_id=vehicle_id, session_id=session_id)
    check(await world.get("/sites/nowhere"), "get", f"{v1}/sites/{{site_id}}")
