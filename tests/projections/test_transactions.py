"""Given transactions that started and stopped, then it shows which ran between two times."""

from __future__ import annotations

from domain.records import load
from projections import transactions
from tests.projections.read_models import ReadModels
from tests.projections.test_chargers import started, stopped


async def between(
    models: ReadModels, from_ms: int, to_ms: int, site_id: str = "north"
) -> list[tuple[int, int, int | None]]:
    rows = await models.database.read(lambda connection: transactions.between(connection, site_id, from_ms, to_ms))
    return [(row["id"], row["started_ms"], row["stopped_ms"]) for row in rows]


async def test_a_transaction_runs_from_its_start_to_before_its_stop(models: ReadModels) -> None:
    await models.apply("load:north", started("7"), time_ms=1_000)
    assert await between(models, 0, 1_000) == []
    assert await between(models, 5_000, 6_000) == [("7", 1_000, None)]
    await models.apply("load:north", stopped("7"), time_ms=9_000)
    assert await between(models, 0, 1_001) == [("7", 1_000, 9_000)]
    assert await between(models, 8_999, 9_999) == [("7", 1_000, 9_000)]
    assert await between(models, 9_000, 9_999) == []


async def test_a_repeated_start_is_no_other_transaction(models: ReadModels) -> None:
    await models.apply("load:north", started("7"), time_ms=1_000)
    await models.apply("load:north", started("7", duplicate_of="r1"), time_ms=2_000)
    assert await between(models, 0, 9_000) == [("7", 1_000, None)]


async def test_an_id_that_is_used_again_is_another_transaction(models: ReadModels) -> None:
    for start_ms in (1_000, 3_000):
        await models.apply("load:north", started("7"), time_ms=start_ms)
        await models.apply("load:north", stopped("7"), time_ms=start_ms + 1_000)
    assert await between(models, 0, 9_000) == [("7", 1_000, 2_000), ("7", 3_000, 4_000)]


async def test_a_stop_ends_the_transaction_of_its_own_charger_only(models: ReadModels) -> None:
    await models.apply("load:north", started("7"), time_ms=1_000)
    other = load.TransactionStopped(**{**stopped("7").__dict__, "charger_id": "c2"})
    await models.apply("load:north", other, time_ms=2_000)
    assert await between(models, 0, 9_000) == [("7", 1_000, None)]


async def test_each_site_has_its_own(models: ReadModels) -> None:
    await models.apply("load:north", started("7"))
    assert await between(models, 0, 9_000, "south") == []
