"""Readings of vehicles: taken in once, shown as they were told, and never with a position."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from commands.ports.series import SeriesUnavailable
from commands.quantities import rfc3339
from domain.records.observations import Reading
from domain.series.down_sampling import HOUR_MS
from domain.vehicle.zone import zone_of
from tests.api.world import NOW, NOW_MS, VIN, World, site

OTHER_VIN = "WVWZZZ1JZXW000002"
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


async def a_cloud(world: World, enterprise_id: str | None = None) -> httpx.AsyncClient:
    """An integration: of an enterprise, or of the platform's operator."""
    _, key = await world.vault.integrations.new_key(enterprise_id, NOW_MS)
    return world.client_of(f"Bearer {key}")


async def test_a_reading_is_taken_in_once_it_is_durable(world: World, vehicle: str) -> None:
    body = reading(soc=80.54, range_km=210.3336, plugged_in=False, mission_active=True, location_zone="9q5ct")
    answer = await (await a_cloud(world)).post(f"/vehicles/{vehicle}/telemetry", json=body)
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
        location_zone="9q5ct",
    )
    record = world.given[-1]
    assert (record.id, record.stream, record.time) == (answer.json()["reading_id"], f"vehicles:{vehicle}", NOW_MS)


async def test_it_is_kept_whose_word_it_is(world: World) -> None:
    await world.post("/enterprises", {"id": "e1", "name": "E", "type": "fleet", "domain": "e.example"})
    admin = world.client_of(await world.account("admin-1", "enterprise_admin", "e1"))
    unit = (await admin.post("/vehicles", json={"vin": OTHER_VIN})).json()["id"]
    tellers = [
        admin,
        await a_cloud(world, "e1"),
        await a_cloud(world),
        world.client_of(await world.account("o2", "operator")),
    ]
    for teller in tellers:
        assert (await teller.post(f"/vehicles/{unit}/telemetry", json=reading(soc=1))).status_code == 202
    told = [(said.source, said.enterprise_id) for said in world.asked(Reading)]
    assert told == [("driver", None), ("integration", "e1"), ("integration", None), ("driver", None)]


async def test_nobody_tells_readings_of_what_is_not_hers(world: World) -> None:
    strangers = [world.client_of(await world.account("driver-9", "driver")), await a_cloud(world, "e9")]
    for stranger in strangers:
        answer = await stranger.post(PATH, json=reading(soc=1))
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, "vehicle_id")
    assert world.asked(Reading) == []


async def test_a_zone_is_a_cell_or_a_site_s_and_never_finer(world: World) -> None:
    await world.post("/sites", site())
    for zone in ("9q5ct", "zone-4"):
        assert (await world.post(PATH, reading(location_zone=zone))).status_code == 202
    for zone in ("9q5ct8k", "48.137 11.575", "elsewhere"):
        answer = await world.post(PATH, reading(location_zone=zone))
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "location_zone")


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


async def test_long_spans_are_shown_in_coarse_steps(world: World, vehicle: str) -> None:
    for ago_s, soc, plugged_in in ((-7_000, 20, False), (-65, 40.5, False), (-62, 41, True), (-1, 41.3, True)):
        await world.post(PATH, reading(observed_at=at(ago_s), soc=soc, plugged_in=plugged_in, location_zone="9q5ct"))
    start_ms = NOW_MS - NOW_MS % HOUR_MS
    assert (await shown(world, resolution="1h", type="soc"))[0] == {
        "vehicle_id": vehicle,
        "vehicle_vin": VIN,
        "type": "soc",
        "from": rfc3339(start_ms),
        "to": rfc3339(start_ms + HOUR_MS),
        "count": 3,
        "mean": 40.933,
        "min": 40.5,
        "max": 41.3,
        "last": 41.3,
    }
    by_width = {one: await shown(world, resolution=one, type="plugged_in") for one in ("1m", "15m", "1h")}
    assert {one: [told["count"] for told in found] for one, found in by_width.items()} == {
        "1m": [1, 2, 1],
        "15m": [3, 1],
        "1h": [3, 1],
    }
    told = by_width["1m"][1]
    assert (told["mean"], told["min"], told["max"], told["last"]) == (0.5, False, True, True)
    assert {told["type"] for told in await shown(world, resolution="1m")} == {"soc", "plugged_in"}
    assert (
        await shown(world, resolution="1m", limit=1, type="soc", to=at(-61))
        == (await shown(world, resolution="1m", type="soc"))[1:2]
    )


@pytest.mark.parametrize("asked", [{"resolution": "5m"}, {"resolution": "1h", "type": "location_zone"}])
async def test_a_resolution_that_there_is_not_is_refused(world: World, asked: dict[str, str]) -> None:
    answer = await world.get(PATH, **asked)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "resolution")


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
        "vehicle_vin": VIN,
        "type": "soc",
        "value": 20.0,
        "timestamp": at(-5),
        "received_at": NOW,
        "source": "driver",
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
        broken.setattr(type(world.vault.answers), "store", cut_off)
        assert (await world.post(PATH, reading(soc=20), Idempotency_Key="k1")).status_code == 500
    assert (await world.post(PATH, reading(soc=20), Idempotency_Key="k1")).status_code == 202
    stored = [body for partition in range(4) for body in await bodies(world, partition)]
    assert len(stored) == 2
    assert [event["value"] for event in await shown(world)] == [20.0]


async def test_a_reading_is_taken_in_while_the_series_are_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise SeriesUnavailable("a secret address")

    with monkeypatch.context() as patch:
        for name in ("write", "telemetry"):
            patch.setattr(type(world.context.series), name, away)
        assert (await world.post(PATH, reading(soc=20))).status_code == 202
        answer = await world.get(PATH)
        assert (answer.status_code, answer.json()["detail"]) == (503, "the time series do not answer")
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
        ({"observed_at": at(121), "soc": 1}, "observed_at", "must not lie more than 120 s ahead of the server's clock"),
        (
            reading(gps={**EIFFEL, "observed_at": at(121)}),
            "gps.observed_at",
            "must not lie more than 120 s ahead of the server's clock",
        ),
        (
            reading(),
            "body",
            "must hold soc, range_km, plugged_in, mission_active, gps or location_zone",
        ),
        (
            reading(soc=None),
            "body",
            "must hold soc, range_km, plugged_in, mission_active, gps or location_zone",
        ),
        (
            reading(gps=EIFFEL, location_zone="z"),
            "location_zone",
            "must be left out where gps is given",
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
        ({"observed_at": "2026-09-21T14:13:20", "soc": 1}, "observed_at", "must have an offset from UTC"),
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
