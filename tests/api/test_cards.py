"""The cards of a vehicle: their tokens stay in the vault, and the log says whether each may be used."""

from __future__ import annotations

import pytest

from adapters.identity.chargers import VaultDirectory
from api.routes.cards import MOST
from commands.log.codec import encode
from commands.ports.directory import CardChange, ChargerIdentity
from domain.records.registry import ChangeCard
from projections import cards
from tests.api.world import NOW_MS, VIN, World, rejecting


def directory(world: World) -> VaultDirectory:
    """What the gateway knows of cards."""

    async def no_charger(_: str) -> ChargerIdentity | None:
        return None

    async def change_of(token_ref: str) -> CardChange | None:
        return await world.context.database.read(lambda connection: cards.change_of(connection, token_ref))

    return VaultDirectory(world.vault, no_charger, change_of)


async def with_card(world: World) -> str:
    """A vehicle with the card Card0815, and the path of its cards."""
    vehicle_id = (await world.post("/vehicles", {"vin": VIN, "token": "Card0815"})).json()["id"]
    return f"/vehicles/{vehicle_id}/cards"


async def listed(world: World, path: str) -> list[tuple[str, str]]:
    return [(one["token_ends_with"], one["state"]) for one in (await world.get(path)).json()["cards"]]


async def test_a_vehicle_has_several_cards_and_the_log_none_of_their_tokens(world: World) -> None:
    path = await with_card(world)
    answer = await world.post(path, {"token": "Second-Card"})
    assert answer.status_code == 201
    assert answer.json() == {
        "id": world.vault.cards.ref("SECOND-CARD"),
        "token_ends_with": "Card",
        "state": "active",
        "expires_at": None,
    }
    assert sorted(await listed(world, path)) == [("0815", "active"), ("Card", "active")]
    logged = b"".join(encode(record) for record in world.given).lower()
    assert b"second-card" not in logged
    vehicle = path.split("/")[2]
    for token in ("card0815", "SECOND-CARD"):
        assert (await directory(world).card(token, NOW_MS)).vehicle_id == vehicle


async def test_a_card_is_blocked_and_unblocked(world: World) -> None:
    path = await with_card(world)
    card = world.vault.cards.ref("Card0815")
    blocked = await world.post(f"{path}/{card}/block", None)
    assert (blocked.status_code, blocked.json()["state"]) == (200, "blocked")
    assert (await directory(world).card("CARD0815", NOW_MS)).state == "blocked"
    assert await listed(world, path) == [("0815", "blocked")]
    unblocked = await world.post(f"{path}/{card}/unblock", None)
    assert (unblocked.status_code, unblocked.json()["state"]) == (200, "active")
    assert (await directory(world).card("CARD0815", NOW_MS)).state == "valid"


async def test_a_blocked_card_stays_as_short_lived_as_it_was(world: World) -> None:
    path = await with_card(world)
    body = {"token": "Guest", "expires_at": "2026-09-21T15:13:20Z"}
    card = (await world.post(path, body)).json()["id"]
    assert (await directory(world).card("guest", NOW_MS)).state == "valid"
    for verb in ("block", "unblock"):
        answer = await world.post(f"{path}/{card}/{verb}", None)
        assert answer.json()["expires_at"] == "2026-09-21T15:13:20.000Z"
    assert (await directory(world).card("guest", NOW_MS + 3_600_000)).state == "expired"


async def test_a_removed_card_is_nobody_s_and_may_become_another_vehicle_s(world: World) -> None:
    path = await with_card(world)
    card = world.vault.cards.ref("Card0815")
    assert (await world.client.delete(f"/api/v1{path}/{card}")).status_code == 204
    assert await listed(world, path) == []
    assert (await directory(world).card("Card0815", NOW_MS)).vehicle_id is None
    assert (await world.client.delete(f"/api/v1{path}/{card}")).status_code == 404
    other = (await world.post("/vehicles", {"vin": "WVWZZZ1JZXW000002"})).json()["id"]
    assert (await world.post(f"/vehicles/{other}/cards", {"token": "Card0815"})).status_code == 201
    assert (await directory(world).card("Card0815", NOW_MS)).vehicle_id == other


async def test_a_card_of_another_vehicle_is_refused_and_stays_there(world: World) -> None:
    await with_card(world)
    other = (await world.post("/vehicles", {"vin": "WVWZZZ1JZXW000002"})).json()["id"]
    answer = await world.post(f"/vehicles/{other}/cards", {"token": "CARD0815"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "token")
    card = world.vault.cards.ref("Card0815")
    for verb in ("block", "unblock"):
        assert (await world.post(f"/vehicles/{other}/cards/{card}/{verb}", None)).status_code == 404
    assert (await world.client.delete(f"/api/v1/vehicles/{other}/cards/{card}")).status_code == 404
    assert not world.asked(ChangeCard)


async def test_a_rejected_card_is_not_the_vehicle_s(world: World) -> None:
    path = await with_card(world)
    world.script[ChangeCard] = rejecting("vehicle_id", "this vehicle is not registered")
    assert (await world.post(path, {"token": "Second"})).status_code == 409
    assert await world.vault.cards.vehicle_of("Second") is None


async def test_a_vehicle_has_a_bounded_number_of_cards(world: World) -> None:
    path = await with_card(world)
    for number in range(MOST - 1):
        await world.vault.cards.add(path.split("/")[2], f"more-{number}")
    answer = await world.post(path, {"token": "one-too-many"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "token")
    assert (await world.post(path, {"token": "more-0"})).status_code == 201


@pytest.mark.parametrize("body", [{}, {"token": ""}, {"token": "x" * 21}, {"token": "c", "expires_at": "soon"}])
async def test_a_card_that_makes_no_sense_is_refused_with_the_field(world: World, body: dict[str, str]) -> None:
    answer = await world.post(await with_card(world), body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] in ("token", "expires_at")


async def test_only_those_whose_vehicle_it_is_and_operators_change_its_cards(world: World) -> None:
    jane = world.client_of(await world.account("driver-1", "driver"))
    mallory = world.client_of(await world.account("driver-2", "driver"))
    vehicle_id = (await jane.post("/vehicles", json={"vin": VIN, "token": "Card0815"})).json()["id"]
    path, card = f"/vehicles/{vehicle_id}/cards", world.vault.cards.ref("Card0815")
    assert (await jane.post(path, json={"token": "Second"})).status_code == 201
    assert (await jane.post(f"{path}/{card}/block")).status_code == 200
    assert (await world.post(f"{path}/{card}/unblock", None)).status_code == 200
    assert (await mallory.get(path)).status_code == 403
    assert (await mallory.post(path, json={"token": "Third"})).status_code == 403
    assert (await mallory.post(f"{path}/{card}/block")).status_code == 403
    assert (await mallory.delete(f"{path}/{card}")).status_code == 403
