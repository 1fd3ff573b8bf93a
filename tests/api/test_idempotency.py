"""The same Idempotency-Key again: the same answer, and no second effect."""

import asyncio
from pathlib import Path

import pytest

from domain.records import load, registry, vehicles
from tests.api.world import NOW_MS, VIN, World, charger, impatient, rejecting, running_world, session, silent, site


async def test_the_same_key_gives_the_same_answer_and_one_effect(world: World) -> None:
    await world.site()
    first = await world.post("/sites/north/grid-limit", {"limit_kw": 30}, Idempotency_Key="k1")
    world.clock.advance_to(NOW_MS + 60_000)
    again = await world.post("/sites/north/grid-limit", {"limit_kw": 30}, Idempotency_Key="k1")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["content-type"] == first.headers["content-type"]
    assert len(world.asked(load.SetGridLimit)) == 1
    other = await world.post("/sites/north/grid-limit", {"limit_kw": 30}, Idempotency_Key="k2")
    assert other.json()["cap_id"] != first.json()["cap_id"]


async def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    await world.site()
    await world.post("/sites/north/grid-limit", {"limit_kw": 30}, Idempotency_Key="k1")
    answer = await world.post("/sites/north/grid-limit", {"limit_kw": 31}, Idempotency_Key="k1")
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "Idempotency-Key", "reason": "this key was used before with another body"}
    ]
    assert len(world.asked(load.SetGridLimit)) == 1


async def test_a_key_counts_for_its_route_only(world: World) -> None:
    await world.site()
    await world.site("south")
    answers = [
        await world.post(f"/sites/{site_id}/grid-limit", {"limit_kw": 30}, Idempotency_Key="k1")
        for site_id in ("north", "south")
    ]
    assert len({answer.json()["cap_id"] for answer in answers}) == 2


async def test_a_password_is_the_same_again(world: World) -> None:
    await world.site()
    first = await world.post("/chargers", charger(), Idempotency_Key="k1")
    again = await world.post("/chargers", charger(), Idempotency_Key="k1")
    assert again.json() == first.json()


async def test_sent_twice_at_once_it_is_done_once(world: World) -> None:
    await world.site()
    answers = await asyncio.gather(*(world.post("/chargers", charger(), Idempotency_Key="k1") for _ in range(4)))
    assert len({answer.text for answer in answers}) == 1
    assert len(world.asked(registry.RegisterCharger)) == 1


async def test_a_rejection_is_the_same_again(world: World) -> None:
    world.script[registry.RegisterSite] = rejecting("id", "this id is taken")
    first = await world.post("/sites", site(), Idempotency_Key="k1")
    again = await world.post("/sites", site(), Idempotency_Key="k1")
    assert (first.status_code, again.status_code, again.json()) == (409, 409, first.json())
    assert again.headers["content-type"] == "application/problem+json"
    assert len(world.asked(registry.RegisterSite)) == 1


async def test_what_was_not_stored_may_be_tried_again(world: World) -> None:
    world.log.full = True
    assert (await world.post("/sites", site(), Idempotency_Key="k1")).status_code == 503
    world.log.full = False
    assert (await world.post("/sites", site(), Idempotency_Key="k1")).status_code == 201


async def test_not_decided_in_time_the_same_command_is_asked_again(world: World) -> None:
    await world.site()
    vehicle_id = await world.vehicle()
    known = world.script[vehicles.RequestSession]
    world.script[vehicles.RequestSession] = silent
    body = session(vehicle_id=vehicle_id)
    with impatient():
        first = await world.post("/sessions/request", body, Idempotency_Key="k1")
    assert first.json()["state"] == "requested"
    [record] = [record for record in world.given if isinstance(record.data, vehicles.RequestSession)]
    await world.tell(*known(record.data, record), caused_by=record)
    world.clock.advance_to(NOW_MS + 60_000)
    again = await world.post("/sessions/request", body, Idempotency_Key="k1")
    assert (again.json()["id"], again.json()["state"]) == (first.json()["id"], "queued")
    assert len(world.asked(vehicles.RequestSession)) == 1


async def test_the_answer_survives_a_restart(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        first = await world.post("/vehicles", {"vin": VIN}, Idempotency_Key="k1")
        headers = world.client.headers
    async with running_world(tmp_path) as world:
        world.client.headers = headers
        again = await world.post("/vehicles", {"vin": VIN}, Idempotency_Key="k1")
        assert (again.status_code, again.json()) == (201, first.json())


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_has_1_to_255_characters(world: World, key: str) -> None:
    answer = await world.post("/sites", site(), Idempotency_Key=key)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "idempotency-key")
