"""`session_requests`: the requests of drivers, and their outcomes."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Column, String, Table

from domain.records.vehicles import SessionClosed, SessionRequested
from projections.projection import METADATA, Change, Happened, Projection, change, insert_new

SESSION_REQUESTS = Table(
    "session_requests",
    METADATA,
    Column("session_id", String, primary_key=True),
    Column("vehicle_id", String, nullable=False, index=True),
    Column("site_id", String, nullable=False),
    Column("tier", BigInteger, nullable=False),
    Column("target_permille", BigInteger, nullable=False),
    Column("level_permille", BigInteger),
    Column("depart_ms", BigInteger, nullable=False),
    Column("requested_at_ms", BigInteger, nullable=False),
    Column("outcome", String),
    Column("reason", String),
)
PROJECTION = Projection(SESSION_REQUESTS, "vehicles")
ADD = insert_new(SESSION_REQUESTS)
CLOSE = change(SESSION_REQUESTS, ["outcome", "reason"], key=("session_id",))


@PROJECTION.on(SessionRequested)
def _requested(event: SessionRequested, happened: Happened) -> Iterable[Change]:
    row = {
        "session_id": event.session_id,
        "vehicle_id": event.vehicle_id,
        "site_id": event.site_id,
        "tier": event.tier,
        "target_permille": event.target_permille,
        "level_permille": event.level_permille,
        "depart_ms": event.depart_ms,
        "requested_at_ms": happened.time_ms,
    }
    return [(ADD, row)]


@PROJECTION.on(SessionClosed)
def _closed(event: SessionClosed, _: Happened) -> Iterable[Change]:
    return [(CLOSE, {"of_session_id": event.session_id, "outcome": event.state, "reason": event.reason})]
