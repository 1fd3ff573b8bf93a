"""`python -m tests.projections.projecting LOG URL`: a projector as a process of its own, until it is killed.

Beside the read models it keeps `told`, whose rows show what a read model hides: an event applied twice or out of order.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Column, MetaData, String, Table
from sqlalchemy.dialects.postgresql import insert

from adapters.database import Database
from adapters.log.sqlite.log import SqliteLog
from domain.records.registry import SiteRegistered
from projections.catalogue import PROJECTIONS
from projections.projection import Change, Happened, Projection
from projections.runner import Projector
from services.base.retry_on_outage import retry_on_outage

TOLD = Table("told", MetaData(), Column("stream", String, primary_key=True), Column("numbers", String, nullable=False))
PROJECTION = Projection(TOLD, "registry")
_FIRST = insert(TOLD)
TELL = _FIRST.on_conflict_do_update(
    index_elements=["stream"], set_={"numbers": TOLD.c.numbers + "," + _FIRST.excluded.numbers}
)


@PROJECTION.on(SiteRegistered)
def _numbered(event: SiteRegistered, happened: Happened) -> Iterable[Change]:
    return [(TELL, {"stream": happened.record.stream, "numbers": str(event.firm_w)})]


async def project(log: Path, url: str) -> None:
    database = Database(url, durable=False, schema="read_models")
    await retry_on_outage(Projector(SqliteLog.open(log, read_only=True), database, (*PROJECTIONS, PROJECTION)))


if __name__ == "__main__":
    asyncio.run(project(Path(sys.argv[1]), sys.argv[2]))
