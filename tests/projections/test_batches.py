"""However events are batched, and whichever database keeps them, the rows are the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters.database import Database
from domain.records import Payload, load, registry
from domain.records import sites as events
from domain.records.time import InputRejected
from projections.projection import METADATA
from tests.projections.read_models import ReadModels, event
from tests.projections.test_chargers import started, stopped
from tests.projections.test_priority_audit import DENIED, EXPIRED, GRANTED, OPENED
from tests.projections.test_sessions import SITE, charging, ended, expected, offered, queued, schedule
from tests.projections.test_signed_values import signed
from tests.projections.test_sites import NORTH, cap


def charger(charger_id: str) -> dict[str, Any]:
    described = {"node": "main", "phases": (0,), "max_ma": 32_000, "min_ma": 6_000, "voltage_mv": 230_000}
    return {"charger_id": charger_id, **described}


def status(charger_id: str, status: str) -> load.ChargerStatusChanged:
    return load.ChargerStatusChanged(charger_id=charger_id, evse_id=1, status=status, error_code="no_error")


def alarm(code: str) -> load.AlarmRaised:
    return load.AlarmRaised(code=code, charger_id="c1", detail="why")


REJECTED = InputRejected(input_id="i", input_type="t", rule="r", field="f", reason="no")
STORY: list[tuple[str, Payload]] = [
    ("registry:site:north", NORTH),
    ("registry:site:south", NORTH.model_copy(update={"site_id": "south"})),
    *(("load:north", load.ChargerAdded(**charger(name))) for name in ("c1", "c2")),
    *((SITE, events.SiteChargerAdded(**charger(name))) for name in ("c1", "c2")),
    *((SITE, queued(name)) for name in ("s1", "s2", "s3", "s4")),
    *(("load:north", status(name, said_so)) for name in ("c1", "c2") for said_so in ("preparing", "charging")),
    (SITE, offered("s1", ("s1", 2, 5), ("s2", 2, 4), ("s3", 1, 3))),
    (SITE, expected(("s2", 2, 4), ("s3", 1, 3), turn_at_ms=7).model_copy(update={"chargers": (("c1", 9), ("c2", 10))})),
    (SITE, expected(("s3", 1, 3), turn_at_ms=8).model_copy(update={"chargers": (("c1", None), ("c2", 11))})),
    (SITE, expected(("s3", 1, 4))),
    (SITE, charging("s1")),
    (SITE, charging("s2").model_copy(update={"charger_id": "c2"})),
    (SITE, schedule(("c1", 2, 50), ("c2", 2, 60))),
    (SITE, schedule(("c1", 2, 51), ("c2", 2, 61))),
    (SITE, events.SessionTierChanged(session_id="s1", tier=0, until_ms=9)),
    (SITE, events.SessionTierChanged(session_id="s1", tier=2, until_ms=None)),
    *(("vehicles:v1", decided) for decided in (GRANTED, DENIED, EXPIRED, OPENED)),
    (SITE, ended("s1")),
    (SITE, events.ChargerOccupied(session_id="s1", charger_id="c1", wanted=True)),
    (SITE, events.ChargerOccupied(session_id="s2", charger_id="c2", wanted=True)),
    (SITE, events.ChargerReleased(charger_id="c1")),
    (SITE, events.ChargerReleased(charger_id="c2")),
    ("registry:account:a1", registry.AccountRegistered(account_id="a1", role="driver", enterprise_id=None)),
    ("registry:enterprise:e1", registry.EnterpriseRegistered(enterprise_id="e1", kind="fleet")),
    ("registry:enterprise:e1", registry.EnterpriseApproved(enterprise_id="e1", kind="fleet", daily_grants=3)),
    ("registry:enterprise:e1", registry.EnterpriseSuspended(enterprise_id="e1")),
    *(("load:north", started(number)) for number in ("1", "2")),
    ("load:north", signed("1", "begin", "OCMF|1|2", 5)),
    *(("load:north", stopped(number)) for number in ("1", "2")),
    *(("load:north", cap(name, None)) for name in ("cap-1", "cap-2")),
    *(("load:north", alarm(code)) for code in ("disobedient", "unconfirmed")),
    ("load:north", load.AlarmCleared(code="disobedient", charger_id="c1")),
    *((f"vehicles:v{number}", REJECTED) for number in range(2)),
]
RECORDS = [event(stream, payload, number) for number, (stream, payload) in enumerate(STORY)]


async def every_row(database: Database, size: int) -> dict[str, Any]:
    models = await ReadModels(database).start()
    stored = [models.stored(record) for record in RECORDS]
    for first in range(0, len(stored), size):
        await models.projector.apply(stored[first : first + size])
    return {table.name: await models.rows(table) for table in METADATA.sorted_tables}


async def test_the_rows_do_not_depend_on_the_batches(new_database: Callable[[], Database]) -> None:
    one_by_one = await every_row(new_database(), 1)
    assert {name for name, rows in one_by_one.items() if not rows} == {"vehicles", "cards", "session_requests"}
    for size in (2, 3, 7, len(RECORDS)):
        assert await every_row(new_database(), size) == one_by_one


async def test_both_databases_keep_the_same_rows(tmp_path: Path, new_postgres_url: Callable[[], Any]) -> None:
    sqlite = Database(f"sqlite:///{tmp_path / 'models.sqlite3'}", durable=False)
    postgresql = Database(new_postgres_url(), durable=False, schema="read_models")
    postgresql.create_schema()
    assert await every_row(sqlite, 7) == await every_row(postgresql, 7)
    for database in (sqlite, postgresql):
        database.close()
