"""Who may do what, through the routes: roles, ownership, and that no route was forgotten."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from api.access import May
from api.app import RESOURCES
from tests.api.world import VIN, World, charger, session, site

OTHER_VIN = "WVWZZZ1JZXW000002"
PROBLEM = "application/problem+json"
CHECKED_WITHIN = {("POST", "/api/v1/vehicles"), ("POST", "/api/v1/sessions/request"), ("GET", "/api/v1/events")}
"""What they concern is in the body or the query: the tests below hold them to it."""
FOR_EVERYBODY = {"/api/v1/login", "/livez", "/readyz", "/metrics"}


def routes() -> Iterator[tuple[str, str, APIRoute]]:
    for resource in RESOURCES:
        for route in resource.router.routes:
            assert isinstance(route, APIRoute)
            for method in route.methods:
                yield method, route.path, route


def guards(route: APIRoute) -> list[May]:
    return [one.call for one in route.dependant.dependencies if isinstance(one.call, May)]


def test_every_route_names_its_action() -> None:
    found = list(routes())
    assert len(found) > 25
    unguarded = {(method, path) for method, path, route in found if not guards(route) and path not in FOR_EVERYBODY}
    assert unguarded == CHECKED_WITHIN


async def as_driver(world: World, account_id: str = "driver-1") -> Any:
    return world.client_of(await world.account(account_id, "driver"))


async def test_a_driver_may_not_do_what_is_an_operator_s(world: World) -> None:
    await world.post("/sites", site())
    await world.post("/chargers", charger())
    mallory = await as_driver(world)
    tried = [
        ("/sites", site(id="south")),
        ("/chargers", charger(id="c2")),
        ("/chargers/c1/commission", {"test_load_a": 6, "minutes": 5}),
        ("/chargers/c1/commands", {"action": "reset", "arguments": {}, "expires_s": 60}),
        *[(f"/chargers/c1/{lever}", {"reason": "r"}) for lever in ("close-transaction", "trust-again")],
        *[(f"/chargers/c1/{lever}", {"reason": "r"}) for lever in ("end-session", "release")],
        ("/sites/north/grid-limit", {"limit_kw": 1}),
        ("/users", {"email": "m@example.org", "password": "0123456789", "role": "operator"}),
        ("/enterprises", {"id": "e9", "name": "E", "type": "fleet", "domain": "e.example"}),
        ("/integration-keys", None),
    ]
    for path, body in tried:
        answer = await mallory.post(path, json=body)
        assert (path, answer.status_code, answer.headers["content-type"]) == (path, 403, PROBLEM)
        assert "role driver" in answer.json()["detail"]
    events = ("/events", "/events?stream=sites:north")
    for path in ("/users", "/enterprises", "/chargers/c1", "/sites/north/decisions", *events):
        assert (path, (await mallory.get(path)).status_code) == (path, 403)
    for path in ("/sites", "/sites/north", "/sites/north/queue", "/sites/north/chargers", "/users/me", "/vehicles"):
        assert (path, (await mallory.get(path)).status_code) == (path, 200)


async def test_a_driver_registers_her_own_car_and_asks_for_it(world: World) -> None:
    await world.post("/sites", site())
    jane = await as_driver(world)
    mine = (await jane.post("/vehicles", json={"vin": VIN})).json()
    told = (await jane.get(f"/vehicles/{mine['id']}")).json()
    assert (told["vin"], told["owner_user_id"], told["priority_eligible"]) == (VIN, "driver-1", False)
    asked = await jane.post("/sessions/request", json=session())
    assert asked.status_code == 202
    assert (await jane.get(f"/sessions/{asked.json()['id']}")).status_code == 200
    assert (await jane.get(f"/events?stream=vehicles:{mine['id']}")).status_code == 200


async def test_somebody_else_s_car_session_and_stream_are_named_and_refused(world: World) -> None:
    await world.post("/sites", site())
    jane, mallory = await as_driver(world), await as_driver(world, "driver-2")
    mine = (await jane.post("/vehicles", json={"vin": VIN})).json()["id"]
    asked = (await jane.post("/sessions/request", json=session())).json()["id"]
    tries = [
        (await mallory.get(f"/vehicles/{mine}"), "vehicle_id"),
        (await mallory.get(f"/vehicles/{VIN}"), "vehicle_id"),
        (await mallory.post("/sessions/request", json=session()), "vehicle_id"),
        (await mallory.get(f"/sessions/{asked}"), "session_id"),
        *[(await mallory.post(f"/sessions/{asked}/{verb}"), "session_id") for verb in ("accept", "snooze", "cancel")],
        (await mallory.get(f"/events?stream=vehicles:{mine}"), "stream"),
    ]
    for answer, field in tries:
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, field)
    assert (await mallory.get("/vehicles")).json() == {"vehicles": []}
    assert (await jane.get(f"/sessions/{asked}")).json()["state"] == "queued"


async def test_the_queue_names_only_one_s_own_sessions(world: World) -> None:
    await world.post("/sites", site())
    jane, mallory = await as_driver(world), await as_driver(world, "driver-2")
    await jane.post("/vehicles", json={"vin": VIN})
    asked = (await jane.post("/sessions/request", json=session())).json()["id"]
    [mine] = (await jane.get("/sites/north/queue")).json()["waiting"]
    [hers] = (await mallory.get("/sites/north/queue")).json()["waiting"]
    assert mine["session_id"] == asked
    assert hers == {**mine, "session_id": None, "vehicle_id": None}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"priority_eligible": True}, "priority_eligible"),
        ({"enterprise_id": "e1"}, "enterprise_id"),
        ({"owner_user_id": "driver-2"}, "owner_user_id"),
    ],
)
async def test_a_driver_can_t_make_her_car_more_than_hers(world: World, body: dict[str, Any], field: str) -> None:
    await world.account("driver-2", "driver")
    answer = await (await as_driver(world)).post("/vehicles", json={"vin": VIN, **body})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, field)


async def test_an_administrator_enrols_her_own_enterprise_s_vehicles_only(world: World) -> None:
    for enterprise_id in ("e1", "e2"):
        described = {"id": enterprise_id, "name": "E", "type": "emergency", "domain": "e.example"}
        assert (await world.post("/enterprises", described)).status_code == 201
    admin = world.client_of(await world.account("admin-1", "enterprise_admin", "e1"))
    unit = await admin.post("/vehicles", json={"vin": VIN, "priority_eligible": True})
    assert unit.status_code == 201
    told = (await admin.get(f"/vehicles/{unit.json()['id']}")).json()
    assert (told["enterprise_id"], told["priority_eligible"]) == ("e1", True)
    answer = await admin.post("/vehicles", json={"vin": OTHER_VIN, "enterprise_id": "e2"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, "owner_user_id")
    assert (await admin.get("/enterprises/e1")).status_code == 200
    assert (await admin.get("/enterprises/e2")).status_code == 403
    assert (await admin.post("/enterprises/e1/approve", json={})).status_code == 403
    assert (await admin.post("/enterprises/e2/integration-keys")).status_code == 403


async def test_an_integration_may_do_nothing_but_tell_readings(world: World) -> None:
    await world.post("/sites", site())
    described = {"id": "e1", "name": "E", "type": "emergency", "domain": "e.example"}
    await world.post("/enterprises", described)
    drawn = (await world.post("/enterprises/e1/integration-keys", None)).json()
    cloud = world.client_of(f"Bearer {drawn['key']}")
    for path in ("/sites", "/vehicles", "/users/me", "/events"):
        assert (path, (await cloud.get(path)).status_code) == (path, 403)
    assert (await world.client.delete(f"/api/v1/enterprises/e1/integration-keys/{drawn['id']}")).status_code == 204
    assert (await cloud.get("/sites")).status_code == 401
    again = await world.client.delete(f"/api/v1/enterprises/e1/integration-keys/{drawn['id']}")
    assert (again.status_code, again.json()["errors"][0]["field"]) == (404, "key_id")


async def test_an_account_that_is_not_registered_is_nobody(world: World) -> None:
    token = (await world.vault.tokens.issue("never-registered")).text
    assert (await world.client_of(f"Bearer {token}").get("/sites")).status_code == 401
