"""Given signed values of transactions, then a session shows those of its own, as they came."""

from __future__ import annotations

from domain.records import load
from domain.records import sites as events
from projections import signed_values
from tests.projections.read_models import ReadModels

BEGIN, END = "OCMF|{ }|1", 'OCMF|{"x":"\u00e9"}|2'


def signed(transaction_id: str, moment: str, text: str, at_ms: int, charger_id: str = "c1") -> load.ValueSigned:
    return load.ValueSigned(
        transaction_id=transaction_id, charger_id=charger_id, moment=moment, text=text, charger_time_ms=at_ms
    )


def serves(session_id: str, transaction_id: str, charger_id: str = "c1") -> events.SessionCharging:
    return events.SessionCharging(
        session_id=session_id, charger_id=charger_id, transaction_id=transaction_id, meter_start_wh=0
    )


async def of(models: ReadModels, session_id: str) -> list[tuple[str, str, str]]:
    rows = await models.database.read(lambda connection: signed_values.of_session(connection, session_id))
    return [(row["transaction_id"], row["moment"], row["text"]) for row in rows]


async def test_a_session_has_those_of_all_its_transactions_and_each_once(models: ReadModels) -> None:
    for serving in (serves("s1", "7"), serves("s1", "8"), serves("s2", "9"), serves("s3", "7", "c2")):
        await models.apply("sites:north", serving)
    for value in (
        signed("8", "end", END, 40),
        signed("7", "begin", BEGIN, 10),
        signed("7", "end", END, 20),
        signed("7", "end", END, 20),
        signed("9", "begin", BEGIN, 5),
    ):
        await models.apply("load:north", value)
    assert await of(models, "s1") == [("7", "begin", BEGIN), ("7", "end", END), ("8", "end", END)]
    assert await of(models, "s2") == [("9", "begin", BEGIN)]
    assert await of(models, "s3") == []
