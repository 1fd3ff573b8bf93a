"""`priority_audit`: each grant, denial and expiry of priority, and each opened review, with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, String, Table, bindparam, exists, select

from domain.records.vehicles import PriorityDenied, PriorityExpired, PriorityGranted, UrgentReviewOpened
from projections.projection import METADATA, Change, Happened, Projection, Row, insert_new, rows

PRIORITY_AUDIT = Table(
    "priority_audit",
    METADATA,
    Column("id", String, primary_key=True),
    Column("vehicle_id", String, nullable=False),
    Column("session_id", String),
    Column("site_id", String),
    Column("tier", BigInteger),
    Column("level_permille", BigInteger),
    Column("location_zone", String),
    Column("decision", String, nullable=False),
    Column("basis", String),
    Column("rule", String),
    Column("reason", String, nullable=False),
    Column("valid_until_ms", BigInteger),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("asked_id", String),
    Index("priority_audit_by_time", "created_at_ms"),
    Index("priority_audit_of_vehicle", "vehicle_id", "created_at_ms"),
)
PROJECTION = Projection(PRIORITY_AUDIT, "vehicles")
ADD = insert_new(PRIORITY_AUDIT)


@PROJECTION.on(PriorityGranted)
def _granted(event: PriorityGranted, happened: Happened) -> Iterable[Change]:
    more = {"tier": event.tier, "basis": event.basis, "valid_until_ms": event.valid_until_ms}
    return [_row("granted", event, happened, **more)]


@PROJECTION.on(PriorityDenied)
def _denied(event: PriorityDenied, happened: Happened) -> Iterable[Change]:
    return [_row("denied", event, happened, basis=event.basis)]


@PROJECTION.on(PriorityExpired)
def _expired(event: PriorityExpired, happened: Happened) -> Iterable[Change]:
    """`tier` is the one that has expired."""
    return [_row("expired", event, happened, tier=event.tier)]


@PROJECTION.on(UrgentReviewOpened)
def _opened(event: UrgentReviewOpened, happened: Happened) -> Iterable[Change]:
    """`valid_until_ms`: it is denied then, unless decided before. `asked_id`: the driver's note in the vault."""
    more = {"basis": "operator", "valid_until_ms": event.decide_by_ms, "asked_id": happened.record.correlationid}
    return [_row("pending", event, happened, **more)]


def _row(decision: str, event: Any, happened: Happened, **more: Any) -> Change:
    evidence = getattr(event, "evidence", None)
    known = {
        "id": happened.record.id,
        "vehicle_id": event.vehicle_id,
        "session_id": event.session_id,
        "site_id": getattr(event, "site_id", None),
        "tier": None,
        "level_permille": evidence and evidence.level_permille,
        "location_zone": evidence and evidence.location_zone,
        "decision": decision,
        "basis": None,
        "rule": getattr(event, "rule", None),
        "reason": event.reason,
        "valid_until_ms": None,
        "created_at_ms": happened.time_ms,
        "asked_id": None,
    }
    return ADD, known | more


LATEST = (
    select(PRIORITY_AUDIT)
    .order_by(PRIORITY_AUDIT.c.created_at_ms.desc(), PRIORITY_AUDIT.c.id.desc())
    .limit(bindparam("limit"))
)
OF_VEHICLES = LATEST.where(PRIORITY_AUDIT.c.vehicle_id.in_(bindparam("vehicle_ids", expanding=True)))
LATER = PRIORITY_AUDIT.alias("later")
PENDING = (
    select(PRIORITY_AUDIT)
    .where(
        PRIORITY_AUDIT.c.site_id == bindparam("site_id"),
        PRIORITY_AUDIT.c.decision == "pending",
        PRIORITY_AUDIT.c.valid_until_ms > bindparam("now_ms"),
        ~exists().where(
            LATER.c.session_id == PRIORITY_AUDIT.c.session_id,
            LATER.c.decision != "pending",
            LATER.c.created_at_ms >= PRIORITY_AUDIT.c.created_at_ms,
        ),
    )
    .order_by(PRIORITY_AUDIT.c.valid_until_ms, PRIORITY_AUDIT.c.id)
)


def latest(connection: Connection, vehicle_ids: Sequence[str] | None, limit: int) -> list[Row]:
    """The newest rows, of some vehicles or of all (None)."""
    if vehicle_ids is None:
        return rows(connection, LATEST, limit=limit)
    return rows(connection, OF_VEHICLES, limit=limit, vehicle_ids=list(vehicle_ids))


def pending(connection: Connection, site_id: str, now_ms: int) -> list[Row]:
    """The reviews at a site that wait for an operator, in the order of their deadlines."""
    return rows(connection, PENDING, site_id=site_id, now_ms=now_ms)
