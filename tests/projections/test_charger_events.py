"""What happened at an outlet, and the alarms that are open about it."""

from __future__ import annotations

from typing import Any

from domain.records import load, sites
from projections import alarms as alarm_rows
from projections import charger_events
from tests.projections.read_models import ReadModels

REFUSED = load.ReadingRefused(
    charger_id="c1", evse_id=1, transaction_id="7", quantity="current", value=1_000_000, reason="why"
)


async def events(models: ReadModels, limit: int = 9) -> list[dict[str, Any]]:
    return [
        dict(row)
        for row in await models.database.read(lambda connection: charger_events.latest(connection, "c1", limit))
    ]


async def alarms(models: ReadModels) -> list[tuple[str, str]]:
    found = await models.database.read(lambda connection: alarm_rows.open_ones(connection, "c1"))
    return [(row["code"], row["detail"]) for row in found]


async def test_an_event_is_stored_as_it_was_recorded_and_the_newest_comes_first(models: ReadModels) -> None:
    await models.apply("load:north", REFUSED, load.RatingKept(charger_id="c1"), load.RatingKept(charger_id="c2"))
    found = await events(models)
    assert [row["type"] for row in found] == ["charger.rating_kept.v1", "charger.reading_refused.v2"]
    assert load.ReadingRefused(**found[-1]["data"]) == REFUSED
    assert [row["type"] for row in await events(models, 1)] == ["charger.rating_kept.v1"]


async def test_what_the_site_decides_of_an_outlet_is_there_too(models: ReadModels) -> None:
    await models.apply("sites:north", sites.ChargerReleased(charger_id="c1"))
    assert [row["type"] for row in await events(models)] == ["charger.released.v1"]


async def test_a_command_has_its_answer_and_requests_for_meter_values_are_left_out(models: ReadModels) -> None:
    common = {"charger_id": "c1", "arguments": {}, "expires_ms": 1}
    reset = load.CommandRequested(command_id="1", action="reset", **common)
    await models.apply("load:north", reset, load.CommandRequested(command_id="2", action="trigger", **common))
    assert [(row["command_id"], row["answer"]) for row in await events(models)] == [("1", None)]
    for command_id in ("1", "2"):
        answered = load.CommandAnswered(charger_id="c1", command_id=command_id, status="accepted", detail="")
        await models.apply("load:north", answered)
    assert [(row["command_id"], row["answer"]) for row in await events(models)] == [("1", "accepted")]


async def test_a_repeated_start_is_no_second_one(models: ReadModels) -> None:
    said = {
        "transaction_id": "7",
        "charger_id": "c1",
        "evse_id": 1,
        "vehicle_id": None,
        "token_ref": "t",
        "meter_start_wh": 0,
        "permitted": True,
        "commissioning": False,
    }
    for duplicate_of in (None, "first"):
        await models.apply("load:north", load.TransactionStarted(**said, duplicate_of=duplicate_of))
    assert len(await events(models)) == 1


async def test_an_alarm_is_open_until_it_is_cleared(models: ReadModels) -> None:
    for code, charger_id in (("disobedient", "c1"), ("unconfirmed", "c1"), ("disobedient", "c2"), ("overload", None)):
        await models.apply("load:north", load.AlarmRaised(code=code, charger_id=charger_id, detail=f"{code} it is"))
    assert sorted(await alarms(models)) == [("disobedient", "disobedient it is"), ("unconfirmed", "unconfirmed it is")]
    await models.apply("load:north", load.AlarmCleared(code="disobedient", charger_id="c1"))
    assert await alarms(models) == [("unconfirmed", "unconfirmed it is")]
    assert next(row["type"] for row in await events(models)) == "load.alarm_cleared.v1"
