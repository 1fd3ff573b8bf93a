"""After a start no charger is connected yet: what the log believes open went with the process that held it."""

from __future__ import annotations

from adapters.database.database import Database
from commands import topics
from commands.codec import entry
from commands.ports import Clock, Log
from domain.records import derived_id, input_record
from domain.records.chargers import Disconnected
from projections import chargers

REASON = "the gateway was stopped"


async def record_lost_sockets(log: Log, clock: Clock, database: Database) -> None:
    """Tell the safety kernel of them. The read model of chargers must be up to date, and no charger be let in yet."""
    lost = [
        input_record(
            derived_id("lost", row["connection_id"]),
            "/ocpp",
            topics.stream("load", row["site_id"]),
            clock.now_ms(),
            Disconnected(charger_id=row["id"], connection_id=row["connection_id"], reason=REASON),
            actor=row["id"],
        )
        for row in await database.read(chargers.connected)
    ]
    if lost:
        await log.append(topics.inputs("load"), [entry(record) for record in lost])
