"""However events are batched, the rows are the same; and every statement is one that PostgreSQL understands too."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Executable
from sqlalchemy.dialects import postgresql

from adapters.database import Database
from commands.ports import Position
from domain.records import Payload, load, registry
from domain.records import sessions as said
from domain.records.time import InputRejected
from projections import catalogue
from projections.projection import METADATA, Happened
from tests.projections.telling import Told, event
from tests.projections.test_chargers import started, stopped
from tests.projections.test_priority_audit import DENIED, EXPIRED, GRANTED, OPENED
from tests.projections.test_sessions import SITE, charging, ended, offered, queued, schedule
from tests.projections.test_sites import NORTH, cap


def charger(charger_id: str) -> dict[str, Any]:
    described = {"node": "main", "phases": (0,), "max_ma": 32_000, "min_ma": 6_000, "voltage_mv": 230_000}
    return {"charger_id": charger_id, **described}


def status(charger_id: str, status: str) -> load.ChargerStatusChanged:
    return load.ChargerStatusChanged(charger_id=charger_id, connector_id=1, status=status, error_code="NoError")


REJECTED = InputRejected(input_id="i", input_type="t", rule="r", field="f", reason="no")
STORY: list[tuple[str, Payload]] = [
    ("registry:site:north", NORTH),
    ("registry:site:south", NORTH.model_copy(update={"site_id": "south"})),
    *(("load:north", load.ChargerAdded(**charger(name))) for name in ("c1", "c2")),
    *((SITE, said.SiteChargerAdded(**charger(name))) for name in ("c1", "c2")),
    *((SITE, queued(name)) for name in ("s1", "s2", "s3", "s4")),
    *(("load:north", status(name, said_so)) for name in ("c1", "c2") for said_so in ("Preparing", "Charging")),
    (SITE, offered("s1", ("s1", 2, 5), ("s2", 2, 4), ("s3", 1, 3))),
    (SITE, said.EtaChanged(sessions=(), chargers=(), standings=())),
    (SITE, said.EtaChanged(sessions=(("s2", 7), ("s3", 8)), chargers=(("c1", 9), ("c2", 10)), standings=())),
    (SITE, said.EtaChanged(sessions=(("s3", 8),), chargers=(("c2", 10),), standings=())),
    (SITE, charging("s1")),
    (SITE, charging("s2").model_copy(update={"charger_id": "c2"})),
    (SITE, schedule(("c1", 2, 50), ("c2", 2, 60))),
    (SITE, schedule(("c1", 2, 51), ("c2", 2, 61))),
    (SITE, said.SessionTierChanged(session_id="s1", tier=0, until_ms=9)),
    (SITE, said.SessionTierChanged(session_id="s1", tier=2, until_ms=None)),
    *(("vehicles:v1", decided) for decided in (GRANTED, DENIED, EXPIRED, OPENED)),
    (SITE, ended("s1")),
    (SITE, said.ChargerOccupied(session_id="s1", charger_id="c1", wanted=True)),
    (SITE, said.ChargerOccupied(session_id="s2", charger_id="c2", wanted=True)),
    (SITE, said.ChargerReleased(charger_id="c1")),
    (SITE, said.ChargerReleased(charger_id="c2")),
    ("registry:account:a1", registry.AccountRegistered(account_id="a1", role="driver", enterprise_id=None)),
    ("registry:enterprise:e1", registry.EnterpriseRegistered(enterprise_id="e1", kind="fleet")),
    ("registry:enterprise:e1", registry.EnterpriseApproved(enterprise_id="e1", kind="fleet", daily_grants=3)),
    ("registry:enterprise:e1", registry.EnterpriseSuspended(enterprise_id="e1")),
    *(("load:north", started(number)) for number in (1, 2)),
    *(("load:north", stopped(number)) for number in (1, 2)),
    *(("load:north", cap(name, None)) for name in ("cap-1", "cap-2")),
    *((f"vehicles:v{number}", REJECTED) for number in range(2)),
]
RECORDS = [event(stream, payload, number) for number, (stream, payload) in enumerate(STORY)]


async def every_row(folder: Path, size: int) -> dict[str, Any]:
    folder.mkdir()
    database = Database(f"sqlite:///{folder / 'models.sqlite3'}", durable=False)
    told = await Told(database).start()
    stored = [told.stored(record) for record in RECORDS]
    for first in range(0, len(stored), size):
        await told.projector.apply(stored[first : first + size])
    rows = {table.name: await told.rows(table) for table in METADATA.sorted_tables}
    database.close()
    return rows


async def test_the_rows_do_not_depend_on_the_batches(tmp_path: Path) -> None:
    one_by_one = await every_row(tmp_path / "1", 1)
    assert {name for name, rows in one_by_one.items() if not rows} == {"vehicles", "session_requests"}
    for size in (2, 3, 7, len(RECORDS)):
        assert await every_row(tmp_path / str(size), size) == one_by_one


def statements() -> list[Executable]:
    found = {
        id(statement): statement
        for projection in catalogue.PROJECTIONS
        for number, record in enumerate(RECORDS)
        for statement, _ in projection.changes(Happened(record, Position(0, number)))
    }
    return list(found.values())


@pytest.mark.parametrize("statement", statements(), ids=lambda statement: str(statement)[:40])
def test_one_text_for_both_databases(statement: Any) -> None:
    named = statement.compile(dialect=postgresql.dialect(paramstyle="named"))
    assert str(named)
