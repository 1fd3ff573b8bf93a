"""The alarms of a site, open and ended ones."""

from __future__ import annotations

from domain.records.load import AlarmCleared, AlarmRaised
from projections import alarms
from tests.projections.read_models import ReadModels


def raised(code: str, charger_id: str | None = "c1") -> AlarmRaised:
    return AlarmRaised(code=code, charger_id=charger_id, detail=f"why {code}")


def cleared(code: str, charger_id: str | None = "c1") -> AlarmCleared:
    return AlarmCleared(code=code, charger_id=charger_id)


async def codes(models: ReadModels, state: alarms.State, site_id: str = "north", limit: int = 9) -> list[str]:
    found = await models.database.read(lambda connection: alarms.of_site(connection, site_id, state, limit))
    return sorted(row["code"] for row in found)


async def test_an_alarm_that_ended_stays_with_when_it_ended(models: ReadModels) -> None:
    await models.apply("load:north", raised("faulted"), raised("overload", None), raised("shed"), cleared("faulted"))
    assert await codes(models, "open") == ["overload", "shed"]
    assert await codes(models, "ended") == ["faulted"]
    assert await codes(models, "all") == ["faulted", "overload", "shed"]
    assert len(await codes(models, "all", limit=2)) == 2
    await models.apply("load:north", cleared("overload", None))
    assert await codes(models, "open") == ["shed"]


async def test_an_alarm_that_comes_again_is_another_one(models: ReadModels) -> None:
    await models.apply("load:north", raised("shed"), cleared("shed"), raised("shed"))
    assert await codes(models, "all") == ["shed", "shed"]
    assert await codes(models, "open") == ["shed"]


async def test_each_site_and_outlet_has_its_own(models: ReadModels) -> None:
    await models.apply("load:north", raised("shed"), raised("shed", "c2"), raised("overload", None))
    await models.apply("load:south", raised("overload", None), cleared("overload", None), cleared("shed", "c3"))
    assert await codes(models, "open") == ["overload", "shed", "shed"]
    assert await codes(models, "open", "south") == []
    found = await models.database.read(lambda connection: alarms.open_ones(connection, "c2"))
    assert [(row["charger_id"], row["code"], row["detail"]) for row in found] == [("c2", "shed", "why shed")]
