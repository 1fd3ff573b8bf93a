"""Vehicles: registered under an opaque id; VIN and token stay in the vault."""

import pytest

from commands.log.codec import encode
from commands.ports.database import DatabaseUnavailable
from domain.records.registry import RegisterVehicle
from tests.api.world import VIN, World, impatient, rejecting, silent


async def test_a_vehicle_gets_an_opaque_id_and_the_log_knows_no_vin_and_no_token(world: World) -> None:
    body = {"vin": VIN.lower(), "battery_kwh": 58.2, "max_a": 16.5, "phases": 3, "token": "Card0815"}
    answer = await world.post("/vehicles", body)
    assert answer.status_code == 201
    vehicle_id = answer.json()["id"]
    [asked] = world.asked(RegisterVehicle)
    assert asked == RegisterVehicle(vehicle_id=vehicle_id, battery_wh=58_200, max_ma=16_500, phases=3)
    [record] = world.given
    assert record.stream == f"registry:vehicle:{vehicle_id}"
    kept = encode(record).lower()
    assert VIN.lower().encode() not in kept
    assert b"card0815" not in kept
    assert await world.vault.vehicles.with_vin(VIN) == vehicle_id
    assert await world.vault.cards.vehicle_of("CARD0815") == vehicle_id


async def test_what_is_not_known_stays_unknown(world: World) -> None:
    await world.post("/vehicles", {"vin": VIN})
    [asked] = world.asked(RegisterVehicle)
    assert (asked.battery_wh, asked.max_ma, asked.phases) == (None, None, 1)


@pytest.mark.parametrize(
    ("again", "field"),
    [({"vin": VIN.lower()}, "vin"), ({"vin": "WVWZZZ1JZXW000002", "token": "CARD0815"}, "token")],
)
async def test_vin_and_token_belong_to_one_vehicle(world: World, again: dict[str, str], field: str) -> None:
    await world.post("/vehicles", {"vin": VIN, "token": "Card0815"})
    answer = await world.post("/vehicles", again)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, field)
    assert VIN.lower() not in answer.text.lower()
    assert len(world.given) == 1


async def test_a_rejected_registration_leaves_the_vin_free(world: World) -> None:
    world.script[RegisterVehicle] = rejecting("battery_wh", "the battery must hold at least 1 kWh")
    answer = await world.post("/vehicles", {"vin": VIN, "battery_kwh": 0.5, "token": "Card0815"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "battery_kwh")
    assert await world.vault.vehicles.with_vin(VIN) is None
    assert await world.vault.cards.vehicle_of("Card0815") is None


async def test_a_registration_that_was_cut_short_is_taken_up_again(world: World) -> None:
    answers = iter([silent, world.script[RegisterVehicle]])
    world.script[RegisterVehicle] = lambda asked, given: next(answers)(asked, given)
    with impatient():
        first = await world.post("/vehicles", {"vin": VIN})
    assert first.status_code == 202
    second = await world.post("/vehicles", {"vin": VIN})
    assert (second.status_code, second.json()) == (201, first.json())


async def test_a_lost_answer_and_then_a_full_disk_leave_a_registered_vehicle_its_vin(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = world.vault.answers.store

    async def killed(*_: object) -> None:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(world.vault.answers, "store", killed)
    assert (await world.post("/vehicles", {"vin": VIN}, Idempotency_Key="k")).status_code == 503
    monkeypatch.setattr(world.vault.answers, "store", store)
    world.log.full = True
    assert (await world.post("/vehicles", {"vin": VIN}, Idempotency_Key="k")).status_code == 503
    assert await world.vault.vehicles.with_vin(VIN) is not None
    world.log.full = False
    assert (await world.post("/vehicles", {"vin": VIN}, Idempotency_Key="k")).status_code == 201
