"""A site's load over time beside its limit, from what its chargers measured."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.ids import uuid7
from api import site_load
from commands.log.codec import entry
from commands.log.topics import inputs
from commands.quantities import rfc3339
from domain.records import input_record
from domain.records.observations import Metered
from tests.api.world import NOW_MS, World
from tests.projections.test_chargers import started, stopped


def at(offset_s: int) -> str:
    told = rfc3339(NOW_MS + offset_s * 1000)
    assert told is not None
    return told


async def measure(world: World, charger_id: str, power_w: int | None, **told: Any) -> None:
    """A charger says what flows, now."""
    said = Metered(
        **{
            "charger_id": charger_id,
            "evse_id": 1,
            "transaction_id": "7",
            "charger_time_ms": world.clock.now_ms(),
            "current_ma": None,
            "power_w": power_w,
            "energy_wh": None,
            "fresh": True,
        }
        | told
    )
    now_ms = world.clock.now_ms()
    record = input_record(uuid7(now_ms), "/ocpp", "load:north", now_ms, said, actor=charger_id)
    await world.log.append(inputs("load"), [entry(record)])
    async with asyncio.timeout(10):
        while not world.log.quiet():
            await asyncio.sleep(0)


def of(event: Any, charger_id: str) -> Any:
    return event.model_copy(update={"charger_id": charger_id})


async def pass_s(world: World, seconds: int) -> None:
    world.clock.advance_to(world.clock.now_ms() + seconds * 1000)


async def shown(world: World, **asked: Any) -> list[tuple[float | None, float | None]]:
    answer = await world.get("/sites/north/load", **asked)
    assert answer.status_code == 200, answer.text
    return [(point["load_kw"], point["limit_kw"]) for point in answer.json()["points"]]


@pytest.fixture(autouse=True)
async def site(world: World) -> None:
    await world.site()
    await world.charger("c1")
    await world.charger("c2")


async def test_the_load_is_the_sum_of_the_means_of_the_chargers(world: World) -> None:
    await world.tell(("load:north", started("7")), ("load:north", of(started("7"), "c2")))
    await measure(world, "c1", 3_000)
    await measure(world, "c2", 1_000)
    await pass_s(world, 30)
    await measure(world, "c1", 6_000)
    await pass_s(world, 30)
    asked = {"from": at(0), "to": at(60)}
    assert await shown(world, **asked) == [(5.5, 69.0)]
    assert await shown(world, **asked, step=30) == [(4.0, 69.0), (7.0, 69.0)]
    answer = await world.get("/sites/north/load", **asked)
    assert answer.json() == {"step_s": 60, "points": [{"time": at(0), "load_kw": 5.5, "limit_kw": 69.0}]}


@pytest.mark.parametrize("source", ["power", "currents", "energy"])
async def test_what_a_charger_draws_is_seen_by_whatever_it_reports(world: World, source: str) -> None:
    await world.tell(("load:north", started("7")))
    for number in range(7):
        await measure(
            world,
            "c1",
            3_680 if source == "power" else None,
            current_ma=(16_000, 0, 0) if source == "currents" else None,
            energy_wh=1_000 + 3_680 * 30 * number // 3600 if source == "energy" else None,
        )
        await pass_s(world, 30)
    [(load_kw, _)] = await shown(world, **{"from": at(120), "to": at(180)})
    assert load_kw is not None
    assert abs(load_kw - 3.68) < 0.15


async def test_what_its_outlet_can_not_carry_is_no_load(world: World) -> None:
    await world.tell(("load:north", started("7")))
    await measure(world, "c1", 3_000)
    await pass_s(world, 30)
    await measure(world, "c1", 300_000)
    await pass_s(world, 30)
    assert await shown(world, **{"from": at(0), "to": at(60)}) == [(3.0, 69.0)]


async def test_what_no_charger_ever_told_is_null(world: World) -> None:
    assert await shown(world, **{"from": at(-120)}) == [(None, 69.0), (None, 69.0)]


async def test_a_charger_without_transaction_and_without_samples_counts_0(world: World) -> None:
    await world.tell(("load:north", started("7")))
    await measure(world, "c1", 3_000)
    await pass_s(world, 60)
    assert await shown(world, **{"from": at(0)}) == [(3.0, 69.0)]


async def test_a_charger_that_falls_silent_in_a_transaction_is_unknown_after_90_s(world: World) -> None:
    await world.tell(("load:north", started("7")))
    await measure(world, "c1", 3_000)
    await pass_s(world, 180)
    assert await shown(world, **{"from": at(0)}, step=30) == [(3.0, 69.0)] * 3 + [(None, 69.0)] * 3


async def test_what_it_measured_meanwhile_fills_the_gap_when_it_is_back(world: World) -> None:
    await world.tell(("load:north", started("7")))
    await measure(world, "c1", 3_000)
    await pass_s(world, 180)
    for offset_s, power_w in ((90, 2_000), (150, 1_000)):
        await measure(world, "c1", power_w, charger_time_ms=NOW_MS + offset_s * 1_000, fresh=False)
    assert await shown(world, **{"from": at(0)}, step=30) == [(kw, 69.0) for kw in (3.0, 3.0, 3.0, 2.0, 2.0, 1.0)]


async def test_the_end_of_the_transaction_ends_the_load(world: World) -> None:
    await world.tell(("load:north", started("7")))
    await measure(world, "c1", 3_000)
    await pass_s(world, 30)
    await world.tell(("load:north", stopped("7")))
    await pass_s(world, 30)
    assert await shown(world, **{"from": at(0)}, step=30) == [(3.0, 69.0), (0.0, 69.0)]


async def test_a_transaction_that_is_over_does_not_reach_into_the_range(world: World) -> None:
    await world.tell(("load:north", started("7")))
    await measure(world, "c1", 3_000)
    await pass_s(world, 10)
    await world.tell(("load:north", stopped("7")))
    await pass_s(world, 50)
    assert await shown(world, **{"from": at(20), "to": at(60)}, step=40) == [(0.0, 69.0)]


async def test_a_charger_that_tells_currents_only_counts_at_its_voltage(world: World) -> None:
    await measure(world, "c1", None, current_ma=(10_000, 0, 6_000), transaction_id=None)
    await measure(world, "c2", None, energy_wh=5, transaction_id=None)
    await measure(world, "c9", 9_000, transaction_id=None)  # none of the site's
    await pass_s(world, 60)
    assert await shown(world, **{"from": at(0)}) == [(3.68, 69.0)]


async def test_after_now_the_load_is_not_known_and_the_caps_are(world: World) -> None:
    await world.tell(("load:north", started("7")))
    await measure(world, "c1", 3_000)
    await world.post("/sites/north/grid-limit", {"limit_kw": 20, "starts_at": at(60), "ends_at": at(180)})
    await world.post("/sites/north/grid-limit", {"limit_kw": 30, "starts_at": at(120)})
    await world.post("/sites/north/grid-limit", {"limit_kw": 99, "starts_at": at(0)})
    await pass_s(world, 30)
    # A cap holds from 1.5 s after its start: the step that begins at its start is not under it yet.
    found = await shown(world, **{"from": at(0), "to": at(300)})
    assert found == [(3.0, 69.0), (None, 69.0), (None, 20.0), (None, 30.0), (None, 30.0)]


async def test_a_long_range_is_worked_out_in_slices_that_fit_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.tell(("load:north", started("7")))
    for power_w in (1_000, 2_000, 3_000, 4_000):
        await measure(world, "c1", power_w)
        await pass_s(world, 60)
    asked = {"from": at(-60), "to": at(300), "step": 20}
    whole = await shown(world, **asked)
    assert [load_kw for load_kw, _ in whole] == [None] * 3 + [1.0] * 3 + [2.0] * 3 + [3.0] * 3 + [4.0] * 3 + [None] * 3
    for slice_ms in (3_000, 20_000, 100_000):
        monkeypatch.setattr(site_load, "SLICE_MS", slice_ms)
        assert await shown(world, **asked) == whole


async def test_the_last_hour_in_minutes_is_what_nobody_asks_otherwise(world: World) -> None:
    answer = (await world.get("/sites/north/load")).json()
    assert (answer["step_s"], len(answer["points"])) == (60, 60)
    assert (answer["points"][0]["time"], answer["points"][-1]["time"]) == (at(-3600), at(-60))
    answer = (await world.get("/sites/north/load", to=at(-60))).json()
    assert answer["points"][0]["time"] == at(-3660)
    answer = (await world.get("/sites/north/load", **{"from": at(-61)})).json()
    assert [point["time"] for point in answer["points"]] == [at(-61), at(-1)]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"step": 9}, "step"),
        ({"step": 86_401}, "step"),
        ({"step": 10.5}, "step"),
        ({"step": "minute"}, "step"),
        ({"from": "now"}, "from"),
        ({"from": "2026-09-21T14:13:20"}, "from"),
        ({"to": 1_790_000_000}, "to"),
        ({"from": at(0), "to": at(0)}, "to"),
        ({"from": at(1)}, "to"),
        ({"from": at(-100_001), "to": at(0), "step": 10}, "step"),
    ],
)
async def test_a_bad_question_is_named(world: World, asked: dict[str, Any], field: str) -> None:
    answer = await world.get("/sites/north/load", **asked)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_as_many_points_as_are_told_are_told(world: World) -> None:
    assert len(await shown(world, **{"from": at(-100_000), "to": at(0), "step": 10})) == 10_000


async def test_an_unknown_site_is_unknown(world: World) -> None:
    answer = await world.get("/sites/west/load")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "site_id")


async def test_the_metrics_tell_load_limit_and_headroom_of_each_site(world: World) -> None:
    page = (await world.client.get("/metrics")).text
    assert "commonwatt_site_load_watts{" not in page
    assert 'commonwatt_site_limit_watts{site="north"} 69000.0' in page
    assert "commonwatt_site_headroom_watts{" not in page
    await world.tell(("load:north", started("7")))
    await measure(world, "c1", 3_000)
    await world.post("/sites/north/grid-limit", {"limit_kw": 20})
    await pass_s(world, 60)
    page = (await world.client.get("/metrics")).text
    assert 'commonwatt_site_load_watts{site="north"} 3000.0' in page
    assert 'commonwatt_site_limit_watts{site="north"} 20000.0' in page
    assert 'commonwatt_site_headroom_watts{site="north"} 17000.0' in page
    await pass_s(world, 600)
    page = (await world.client.get("/metrics")).text
    assert "commonwatt_site_load_watts{" not in page


async def test_the_metrics_tell_how_old_the_newest_reading_is_and_of_no_vehicle(world: World) -> None:
    assert "commonwatt_telemetry_age_seconds{" not in (await world.client.get("/metrics")).text
    vehicle_id = await world.vehicle()
    await world.post(f"/vehicles/{vehicle_id}/telemetry", {"observed_at": at(-30), "soc": 50})
    async with asyncio.timeout(10):
        while not world.log.quiet():
            await asyncio.sleep(0)
    await pass_s(world, 5)
    page = (await world.client.get("/metrics")).text
    assert 'commonwatt_telemetry_age_seconds{source="driver"} 5.0' in page
    assert 'source="integration"' not in page
    assert vehicle_id not in page
