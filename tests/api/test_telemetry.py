"""Readings of vehicles: taken in once, shown as they were told, and never with a position."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from commands.quantities import rfc3339
from domain.records.readings import Reading
from domain.zone import zone_of
from tests.api.world import NOW, NOW_MS, VIN, World

PATH = f"/vehicles/{VIN}/telemetry"
EIFFEL = {"lat": 48.85837, "lon": 2.294481}


def at(offset_s: int) -> str:
    told = rfc3339(NOW_MS + offset_s * 1000)
    assert told is not None
    return told


def reading(**told: Any) -> dict[str, Any]:
    return {"observed_at": at(-5), **told}


@pytest.fixture(autouse=True)
async def vehicle(world: World) -> str:
    return await world.vehicle()


async def shown(world: World, **asked: Any) -> list[dict[str, Any]]:
    """What is shown once the workers have kept all that was accepted."""
    async with asyncio.timeout(10):
        while not world.log.quiet():
            await asyncio.sleep(0)
    answer = await world.get(PATH, **asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["telemetry"]


async def test_a_reading_is_taken_in_once_it_is_durable(world: World, vehicle: str) -> None:
    body = reading(soc=80.54, range_km=210.3336, plugged_in=False, mission_active=True, location_zone="zone-4")
    answer = await world.post(f"/vehicles/{vehicle}/telemetry", body)
    assert (answer.status_code, answer.json()["received_at"]) == (202, NOW)
    [said] = world.asked(Reading)
    assert said == Reading(
        vehicle_id=vehicle,
        source="integration",
        enterprise_id=None,
        observed_ms=NOW_MS - 5_000,
        level_permille=805,
        range_m=210_334,
        plugged_in=False,
        mission_active=True,
        location_zone="zone-4",
    )
    record = world.given[-1]
    assert (record.id, record.stream, record.time) == (answer.json()["reading_id"], f"vehicles:{vehicle}", NOW_MS)


async def test_the_vehicle_may_be_named_by_its_vin(world: World, vehicle: str) -> None:
    assert (await world.post(f"/vehicles/{VIN.lower()}/telemetry", reading(soc=1))).status_code == 202
    [said] = world.asked(Reading)
    assert said.vehicle_id == vehicle


async def test_a_position_becomes_a_zone_before_the_log(world: World) -> None:
    for gps in (EIFFEL, {**EIFFEL, "observed_at": at(-60)}):
        assert (await world.post(PATH, reading(gps=gps))).status_code == 202
    first, second = world.asked(Reading)
    assert first.location_zone == second.location_zone == zone_of(48.85837, 2.294481)
    assert (first.location_observed_ms, second.location_observed_ms) == (None, NOW_MS - 60_000)
    stored = [body for partition in range(4) for body in await bodies(world, partition)]
    assert len(stored) == 2
    assert not any(b"48.8" in body or b"2.29" in body or VIN.encode() in body for body in stored)


async def bodies(world: World, partition: int) -> list[bytes]:
    found = [stored.body for stored in await world.log.read("vehicles.inputs", partition)]
    return [body for body in found if b"vehicle.reading.v1" in body]


async def test_what_was_told_is_shown_newest_first_with_its_times(world: World, vehicle: str) -> None:
    await world.post(PATH, reading(soc=20))
    world.clock.advance_to(NOW_MS + 1_000)
    await world.post(PATH, reading(observed_at=at(-1), soc=21.5, plugged_in=True))
    await world.post(PATH, reading(observed_at=at(-9), soc=19))
    found = await shown(world, type="soc")
    assert [event["value"] for event in found] == [21.5, 20.0, 19.0]
    told = {name: value for name, value in found[1].items() if name != "id"}
    assert told == {
        "vehicle_id": vehicle,
        "type": "soc",
        "value": 20.0,
        "timestamp": at(-5),
        "received_at": NOW,
        "source": "integration",
    }
    assert len({event["id"] for event in await shown(world)}) == 4
    assert [event["value"] for event in await shown(world, type="plugged_in")] == [True]
    assert [event["value"] for event in await shown(world, **{"type": "soc", "from": at(-5), "to": at(-1)})] == [20.0]
    assert [event["value"] for event in await shown(world, type="soc", limit=1)] == [21.5]


async def test_the_same_key_again_is_one_reading(world: World) -> None:
    first = await world.post(PATH, reading(soc=20), Idempotency_Key="k1")
    world.clock.advance_to(NOW_MS + 60_000)
    again = await world.post(PATH, reading(soc=20), Idempotency_Key="k1")
    assert (again.status_code, again.json()) == (202, first.json())
    other = await world.post(PATH, reading(soc=21), Idempotency_Key="k1")
    assert (other.status_code, other.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert len(world.asked(Reading)) == 1
    assert [event["value"] for event in await shown(world)] == [20.0]


async def test_a_reading_that_was_stored_but_not_answered_is_not_shown_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut_off(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(type(world.vault), "keep_answer", cut_off)
        assert (await world.post(PATH, reading(soc=20), Idempotency_Key="k1")).status_code == 500
    assert (await world.post(PATH, reading(soc=20), Idempotency_Key="k1")).status_code == 202
    stored = [body for partition in range(4) for body in await bodies(world, partition)]
    assert len(stored) == 2
    assert [event["value"] for event in await shown(world)] == [20.0]


async def test_what_the_log_does_not_take_is_not_acknowledged(world: World) -> None:
    world.log.full = True
    assert (await world.post(PATH, reading(soc=20), Idempotency_Key="k1")).status_code == 503
    world.log.full = False
    assert (await world.post(PATH, reading(soc=20), Idempotency_Key="k1")).status_code == 202
    assert len(world.asked(Reading)) == 1


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        ({"observed_at": at(121), "soc": 1}, "observed_at", "lies more than 120 s ahead of our clock"),
        (reading(gps={**EIFFEL, "observed_at": at(121)}), "gps.observed_at", "lies more than 120 s ahead of our clock"),
        (
            reading(),
            "body",
            "must tell soc, range_km, plugged_in, mission_active, gps or location_zone",
        ),
        (
            reading(soc=None),
            "body",
            "must tell soc, range_km, plugged_in, mission_active, gps or location_zone",
        ),
        (
            reading(gps=EIFFEL, location_zone="z"),
            "location_zone",
            "is told by gps already: leave one of them out",
        ),
        (reading(soc=100.1), "soc", "Input should be less than or equal to 100"),
        (reading(range_km=10_001), "range_km", "Input should be less than or equal to 10000"),
        (reading(gps={"lat": 90.1, "lon": 0}), "gps.lat", "Input should be less than or equal to 90"),
        (reading(gps={"lat": -90.1, "lon": 0}), "gps.lat", "Input should be greater than or equal to -90"),
        (reading(gps={"lat": 0, "lon": 180.1}), "gps.lon", "Input should be less than or equal to 180"),
        (reading(gps={"lat": 0, "lon": -180.1}), "gps.lon", "Input should be greater than or equal to -180"),
        (reading(gps={"lat": "0", "lon": 0}), "gps.lat", "Input should be a valid number"),
        (reading(gps={"lat": 0}), "gps.lon", "Field required"),
        (reading(gps={**EIFFEL, "altitude": 3}), "gps.altitude", "Extra inputs are not permitted"),
        (reading(gps={**EIFFEL, "observed_at": "now"}), "gps.observed_at", "must be an RFC 3339 time"),
        (reading(location_zone="x" * 64), "location_zone", "String should match"),
        (reading(plugged_in=1), "plugged_in", "Input should be a valid boolean"),
        (reading(mission_active="yes"), "mission_active", "Input should be a valid boolean"),
        ({"observed_at": "2026-09-21T14:13:20", "soc": 1}, "observed_at", "must say its offset from UTC"),
        ({"observed_at": NOW_MS, "soc": 1}, "observed_at", "must be an RFC 3339 time"),
        (reading(soc=1, odometer_km=3), "odometer_km", "Extra inputs are not permitted"),
    ],
)
async def test_bad_input_is_named_and_nothing_is_stored(
    world: World, body: dict[str, Any], field: str, reason: str
) -> None:
    answer = await world.post(PATH, body)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] == field
    assert error["reason"].startswith(reason)
    assert world.asked(Reading) == []


async def test_a_clock_that_is_a_little_ahead_is_accepted(world: World) -> None:
    assert (await world.post(PATH, {"observed_at": at(120), "soc": 1})).status_code == 202


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"type": "odometer"}, "type"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-09-21"}, "to"),
        ({"from": at(0), "to": at(0)}, "to"),
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"limit": "many"}, "limit"),
    ],
)
async def test_a_bad_question_is_named(world: World, asked: dict[str, Any], field: str) -> None:
    answer = await world.get(PATH, **asked)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_vehicle_that_nobody_registered_is_unknown_and_not_repeated(world: World) -> None:
    for given in ("WVWZZZ1JZXW000002", "no-such-id"):
        for answer in (
            await world.get(f"/vehicles/{given}/telemetry"),
            await world.post(f"/vehicles/{given}/telemetry", reading(soc=1)),
        ):
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "vehicle_id")
            assert given not in answer.json()["detail"]
    assert world.asked(Reading) == []
