"""Users: registered by operators, logged in by address and password."""

from typing import Any

import pytest

from domain.records.registry import RegisterAccount
from tests.api.world import World, rejecting

JANE = {"email": "Jane@example.org", "password": "correct horse", "role": "driver"}


async def test_a_user_is_registered_and_logs_in(world: World) -> None:
    made = await world.post("/users", JANE)
    assert (made.status_code, made.json()) == (201, {"id": made.json()["id"], "role": "driver", "enterprise_id": None})
    async with world.anonymous() as client:
        told = await client.post("/api/v1/login", json={"email": "jane@EXAMPLE.org", "password": "correct horse"})
    assert (told.status_code, told.json()["token_type"]) == (200, "Bearer")
    assert told.headers["cache-control"] == "no-store"
    jane = world.client_of(f"Bearer {told.json()['access_token']}")
    me = (await jane.get("/users/me")).json()
    assert (me["id"], me["email"], me["role"]) == (made.json()["id"], "Jane@example.org", "driver")
    assert me in (await world.get("/users")).json()["users"]


async def test_neither_address_nor_password_enters_the_log(world: World) -> None:
    await world.post("/users", JANE)
    [record] = [record for record in world.given if isinstance(record.data, RegisterAccount)]
    assert "example" not in repr(record)
    assert "horse" not in repr(record)


@pytest.mark.parametrize(
    "wrong", [{"password": "correct hors"}, {"email": "john@example.org"}, {"email": "not an address"}], ids=str
)
async def test_who_can_t_log_in_is_not_told_why(world: World, wrong: dict[str, str]) -> None:
    await world.post("/users", JANE)
    async with world.anonymous() as client:
        body = {"email": JANE["email"], "password": JANE["password"], **wrong}
        answer = await client.post("/api/v1/login", json=body)
    assert (answer.status_code, answer.json()["detail"]) == (401, "no account has this address and password")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": 7}, "email"),
        ({"password": "short"}, "password"),
        ({"password": None}, "password"),
        ({"role": "king"}, "role"),
        ({"enterprise_id": "nowhere", "role": "enterprise_admin"}, "enterprise_id"),
        ({"verified": True}, "verified"),
    ],
)
async def test_a_user_that_makes_no_sense_is_named(world: World, changed: dict[str, Any], field: str) -> None:
    answer = await world.post("/users", {**JANE, **changed})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_an_address_has_one_account(world: World) -> None:
    await world.post("/users", JANE)
    again = await world.post("/users", {**JANE, "email": "JANE@example.org"})
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "email")


async def test_a_registration_that_was_rejected_leaves_the_address_free(world: World) -> None:
    script = dict(world.script)
    world.script[RegisterAccount] = rejecting("role", "not today")
    assert (await world.post("/users", JANE)).status_code == 422
    world.script.update(script)
    assert (await world.post("/users", JANE)).status_code == 201


async def test_a_registration_that_was_cut_short_is_taken_up_again(world: World) -> None:
    await world.vault.accounts.add("left-over", JANE["email"], "another password")
    made = await world.post("/users", JANE)
    assert (made.status_code, made.json()["id"]) == (201, "left-over")
    async with world.anonymous() as client:
        told = await client.post("/api/v1/login", json={name: JANE[name] for name in ("email", "password")})
    assert told.status_code == 200


async def test_the_same_key_registers_once(world: World) -> None:
    headers = {"idempotency-key": "k1"}
    first = await world.client.post("/api/v1/users", json=JANE, headers=headers)
    again = await world.client.post("/api/v1/users", json=JANE, headers=headers)
    assert first.json() == again.json()
    assert len([record for record in world.given if isinstance(record.data, RegisterAccount)]) == 1
