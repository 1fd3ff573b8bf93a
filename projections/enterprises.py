"""`enterprises`: their kinds, and whether they are verified. Name and domain are in the vault."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Column, Connection, String, Table, bindparam, select

from domain.records.registry import EnterpriseApproved, EnterpriseRegistered, EnterpriseSuspended
from projections.projection import METADATA, Change, Happened, Projection, Row, change, first, insert_new, rows

ENTERPRISES = Table(
    "enterprises",
    METADATA,
    Column("id", String, primary_key=True),
    Column("type", String, nullable=False),
    Column("verification_status", String, nullable=False),
    Column("daily_grants", BigInteger),
    Column("created_at_ms", BigInteger, nullable=False),
)
PROJECTION = Projection(ENTERPRISES, "registry")
ADD = insert_new(ENTERPRISES)
APPROVE = change(ENTERPRISES, ["verification_status", "daily_grants"])
SUSPEND = change(ENTERPRISES, ["verification_status"])


@PROJECTION.on(EnterpriseRegistered)
def _registered(event: EnterpriseRegistered, happened: Happened) -> Iterable[Change]:
    row = {
        "id": event.enterprise_id,
        "type": event.kind,
        "verification_status": "pending",
        "created_at_ms": happened.time_ms,
    }
    return [(ADD, row)]


@PROJECTION.on(EnterpriseApproved)
def _approved(event: EnterpriseApproved, _: Happened) -> Iterable[Change]:
    approved = {"verification_status": "approved", "daily_grants": event.daily_grants}
    return [(APPROVE, {"of_id": event.enterprise_id, **approved})]


@PROJECTION.on(EnterpriseSuspended)
def _suspended(event: EnterpriseSuspended, _: Happened) -> Iterable[Change]:
    return [(SUSPEND, {"of_id": event.enterprise_id, "verification_status": "suspended"})]


ALL = select(ENTERPRISES).order_by(ENTERPRISES.c.created_at_ms, ENTERPRISES.c.id)
ONE = select(ENTERPRISES).where(ENTERPRISES.c.id == bindparam("id"))


def every(connection: Connection) -> list[Row]:
    """All enterprises, the oldest first."""
    return rows(connection, ALL)


def find(connection: Connection, enterprise_id: str) -> Row | None:
    """An enterprise, or None."""
    return first(connection, ONE, id=enterprise_id)
