"""Bad input gets problem details that name the field and the reason, and changes nothing."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from domain.registry.access import Principal
from tests.api.world import VIN, World, charger, session, site

CAR = "WVWZZZ1JZXW000009"
PROBLEM = "application/problem+json"
NODE = {"id": "main", "parent": None, "kind": "site", "limit_a": [1, 1, 1], "limit_kw": 1}
BODIES: dict[str, tuple[dict[str, Any], frozenset[str]]] = {
    # path -> a good body, and which of its fields may be left out
    "/sites": (site(priority_reserve_kw=1), frozenset({"priority_reserve_kw"})),
    "/chargers": (charger(min_a=6), frozenset({"min_a"})),
    "/vehicles": (
        {"vin": VIN, "battery_kwh": 1, "max_a": 1, "phases": 1, "token": "t"},
        frozenset({"battery_kwh", "max_a", "phases", "token"}),
    ),
    "/chargers/c1/commission": ({"test_load_a": 1, "minutes": 1}, frozenset()),
    "/chargers/c1/commands": ({"action": "reset", "arguments": {}, "expires_s": 1}, frozenset()),
    "/sites/north/grid-limit": (
        {"limit_kw": 1, "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-02T00:00:00Z", "reason": "test"},
        frozenset({"starts_at", "ends_at", "reason"}),
    ),
    "/sessions/request": (session(), frozenset({"current_soc", "site_id"})),
    "/sessions/s1/urgent-review": ({"reason": "to the hospital"}, frozenset()),
    "/sessions/s1/urgent-review/decision": ({"granted": True, "reason": "called back"}, frozenset()),
    f"/vehicles/{CAR}/telemetry": (
        {
            "observed_at": "2026-01-01T00:00:00Z",
            "soc": 1,
            "range_km": 1,
            "plugged_in": True,
            "mission_active": True,
            "gps": {"lat": 1, "lon": 1},
        },
        frozenset({"soc", "range_km", "plugged_in", "mission_active", "gps"}),
    ),
}
NULLABLE = {"starts_at", "ends_at", "current_soc", "site_id", "battery_kwh", "max_a", "token"}
NULLABLE |= {"soc", "range_km", "plugged_in", "mission_active", "gps", "location_zone"}
NUMBERS = {
    "firm_kw",
    "priority_reserve_kw",
    "max_a",
    "min_a",
    "voltage_v",
    "battery_kwh",
    "test_load_a",
    "minutes",
    "expires_s",
    "limit_kw",
    "target_soc",
    "current_soc",
    "time_constraint_minutes",
    "soc",
    "range_km",
}
NOT_NUMBERS = ['"1"', "true", "NaN", "Infinity", "-Infinity", "-1", "1e400", "1" * 400, "1e30", "[1]"]


def wrong_types() -> Iterator[tuple[str, str, str]]:
    for path, (body, _) in BODIES.items():
        for name, good in body.items():
            for wrong in ("{}", "[]", "1", "true", '"x"', "null", '"\\ud800"', '""'):
                kind = {"{": dict, "[": list, '"': str, "1": int, "t": bool, "n": type(None)}[wrong[0]]
                fits = isinstance(good, kind) and not (kind is list or (kind is dict and name != "arguments"))
                fits = (
                    fits
                    and wrong not in ('"\\ud800"', '""')
                    and name not in ("vin", "starts_at", "ends_at", "action", "observed_at")
                )
                if not fits and not (wrong == "null" and name in NULLABLE) and not (wrong == "1" and name in NUMBERS):
                    yield path, name, wrong


@pytest.fixture(autouse=True)
async def known(world: World) -> None:
    await world.site()
    await world.charger()
    await world.vehicle(CAR)
    world.log.given.clear()


async def send(world: World, path: str, text: str | bytes) -> Any:
    headers = {"content-type": "application/json"}
    answer = await world.client.post(f"/api/v1{path}", content=text, headers=headers)
    assert answer.headers["content-type"] == PROBLEM
    assert world.given == []
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["instance"] == f"/api/v1{path}"
    return problem


def with_raw(path: str, name: str, raw: str) -> str:
    """The good body of a path, with a raw JSON text as one field."""
    body = BODIES[path][0]
    return "{" + ",".join(f'"{key}":{raw if key == name else json.dumps(value)}' for key, value in body.items()) + "}"


async def test_wrong_types_in_every_field_of_every_body(world: World) -> None:
    tried = 0
    for path, name, wrong in wrong_types():
        problem = await send(world, path, with_raw(path, name, wrong))
        assert problem["status"] == 422, (path, name, wrong)
        assert problem["errors"][0]["field"].split(".")[0] == name, (path, name, wrong, problem)
        assert problem["errors"][0]["reason"]
        tried += 1
    assert tried > 150


async def test_numbers_are_finite_in_range_and_no_strings(world: World) -> None:
    for path, (body, _) in BODIES.items():
        for name in NUMBERS & body.keys():
            for wrong in NOT_NUMBERS:
                problem = await send(world, path, with_raw(path, name, wrong))
                assert (problem["status"], problem["errors"][0]["field"]) == (422, name), (path, name, wrong)


async def test_what_is_missing_or_unknown_is_named(world: World) -> None:
    for path, (body, optional) in BODIES.items():
        for name in body.keys() - optional:
            problem = await send(world, path, json.dumps({key: body[key] for key in body if key != name}))
            assert problem["errors"] == [{"field": name, "reason": "Field required"}], (path, name)
        problem = await send(world, path, json.dumps({**body, "tier": 0}))
        assert problem["errors"] == [{"field": "tier", "reason": "Extra inputs are not permitted"}], path


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/sites", site(nodes=[{**NODE, "limit_a": [1, 1]}]), "nodes.0.limit_a"),
        ("/sites", site(nodes=[{**NODE, "limit_a": [1, -1, 1]}]), "nodes.0.limit_a.1"),
        ("/sites", site(nodes=[NODE, {**NODE, "kind": "roof"}]), "nodes.1.kind"),
        ("/sites", site(nodes=[{**NODE, "parent": "a b"}]), "nodes.0.parent"),
        ("/sites", site(id="a/b"), "id"),
        ("/sites", site(id="north\n"), "id"),
        ("/sites", site(id="a:b"), "id"),
        ("/sites", site(id="x" * 49), "id"),
        ("/chargers", charger(phases=["L4"]), "phases.0"),
        ("/chargers", charger(phases=[]), "phases"),
        ("/chargers", charger(phases=["L1", "L2", "L3", "L1"]), "phases"),
        ("/chargers", charger(id="c1:password"), "id"),
        ("/vehicles", {"vin": "WVWZZZ1JZXW00000"}, "vin"),
        ("/vehicles", {"vin": "WVWZZZ1JZXW00000O"}, "vin"),
        ("/vehicles", {"vin": VIN, "phases": 4}, "phases"),
        ("/vehicles", {"vin": VIN, "phases": 1.5}, "phases"),
        ("/vehicles", {"vin": VIN, "token": "x" * 21}, "token"),
        ("/vehicles", {"vin": VIN, "token": "tab\tstop"}, "token"),
        ("/sessions/request", session(target_soc=100.01), "target_soc"),
        ("/sessions/request", session(vehicle_id="v\0"), "vehicle_id"),
        ("/sessions/request", session(current_soc=-0.1), "current_soc"),
        ("/sessions/request", session(time_constraint_minutes=0), "time_constraint_minutes"),
        ("/sites/north/grid-limit", {"limit_kw": 1, "starts_at": "2026-01-01T00:00:00"}, "starts_at"),
        ("/sites/north/grid-limit", {"limit_kw": 1, "starts_at": 1_790_000_000}, "starts_at"),
        ("/sites/north/grid-limit", {"limit_kw": 1, "starts_at": "1790000000"}, "starts_at"),
        ("/sites/north/grid-limit", {"limit_kw": 1, "starts_at": "0001-01-01T00:00:00Z"}, "starts_at"),
        ("/sites/north/grid-limit", {"limit_kw": 1, "starts_at": "9999-12-31T23:59:59-12:00"}, "starts_at"),
        (
            "/sites/north/grid-limit",
            {"limit_kw": 1, "starts_at": "2026-01-01T01:00:00+01:00", "ends_at": "2026-01-01T00:00:00Z"},
            "ends_at",
        ),
        ("/sites/north/grid-limit", {"limit_kw": 1, "reason": "x" * 501}, "reason"),
        ("/chargers/c1/commands", {"action": "format_disk", "arguments": {}, "expires_s": 1}, "action"),
        ("/chargers/c1/commands", {"action": "reset", "arguments": {"é": "1"}, "expires_s": 1}, "arguments.é.[key]"),
        ("/chargers/c1/commands", {"action": "reset", "arguments": {"a": 1}, "expires_s": 1}, "arguments.a"),
        ("/chargers/c1/commission", {"test_load_a": 1, "minutes": 10_081}, "minutes"),
    ],
)
async def test_what_can_not_be_is_named(world: World, path: str, body: Any, field: str) -> None:
    answer = await world.post(path, body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert world.given == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '"x"', "null", "{'a': 1}", "\ufeff{}", "[" * 100_000, b"\xff\xfe", "7"]
)
async def test_what_is_no_json_object_is_said_to_be_none(world: World, text: str | bytes) -> None:
    for path in BODIES:
        problem = await send(world, path, text)
        assert problem["status"] in (400, 422)
        assert problem["detail"]


async def test_a_body_of_another_content_type_is_refused(world: World) -> None:
    answer = await world.client.post("/api/v1/sites", content="{}", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body")


async def test_unknown_routes_methods_and_things(world: World) -> None:
    for method, path, status in (
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/sites/", 404),
        ("GET", "/nothing", 404),
        ("DELETE", "/api/v1/sites", 405),
        ("GET", "/api/v1/sites/west", 404),
        ("GET", "/api/v1/sites/west/queue", 404),
        ("GET", "/api/v1/sites/west/chargers", 404),
        ("GET", "/api/v1/sites/west/decisions", 404),
        ("GET", "/api/v1/sessions/%00", 422),
        ("GET", "/api/v1/sessions/%ff%fe", 422),
        ("GET", f"/api/v1/sessions/{'x' * 65}", 422),
        ("GET", "/api/v1/sessions/..%2f..%2fetc", 404),
        ("POST", "/api/v1/sessions/forged/accept", 404),
        ("GET", "/api/v1/events/forged/proof", 404),
        ("GET", "/api/v1/events/%00/proof", 422),
    ):
        answer = await world.client.request(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), path
        assert answer.json()["status"] == status
    assert (await world.client.delete("/api/v1/sites")).headers["allow"]
    unknown = await world.post("/sites/west/grid-limit", {"limit_kw": 1})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (404, "site_id")


async def test_a_huge_body_is_refused_by_what_it_announces_and_by_what_arrives(world: World) -> None:
    async def forever() -> Any:
        while True:
            yield b" " * 100_000

    for content in (b" " * 1_000_001, forever()):
        headers = {"content-type": "application/json"}
        answer = await world.client.post("/api/v1/sites", content=content, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
        assert answer.json()["detail"] == "a body may have at most 1000000 bytes"
    largest = await send(world, "/sites", b"{" + b" " * 999_998 + b"}")
    assert largest["status"] == 422


async def test_who_does_not_say_who_she_is_learns_nothing(world: World) -> None:
    key = world.client.headers["authorization"].removeprefix("Bearer ")
    forged = (None, "", "Bearer", f"Basic {key}", f"Bearer {key}x", f"Bearer {key[:-6]}", "Bearer cw__", key)
    async with world.anonymous() as client:
        for given in forged:
            headers = {} if given is None else {"authorization": given}
            for method, path in (("GET", "/api/v1/sites"), ("GET", "/api/v1/nothing"), ("POST", "/api/v1/sites")):
                answer = await client.request(method, path, headers=headers)
                assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)
                assert answer.headers["www-authenticate"] == "Bearer"
        lower_case = await client.get("/api/v1/sites", headers={"authorization": f"bearer {key}"})
        assert lower_case.status_code == 200


async def test_what_the_log_does_not_take_is_not_stored(world: World) -> None:
    world.log.full = True
    answer = await world.post("/vehicles", {"vin": VIN})
    assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM)
    assert "nothing was stored" in answer.json()["detail"]
    world.log.full = False
    assert (await world.post("/vehicles", {"vin": VIN})).status_code == 201


async def test_a_defect_is_told_without_its_insides(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(type(world.context.identity), "principal", lambda *_: operator())
    monkeypatch.setattr(type(world.context.database), "read", broken)
    answer = await world.get("/sites")
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert "secret" not in answer.text


async def operator() -> Principal:
    return Principal("o", "operator")
