"""`users`: the accounts and their roles. Address and password are in the vault."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Column, Connection, String, Table, bindparam, select

from domain.records.registry import AccountRegistered
from domain.registry.access import Principal
from projections.projection import METADATA, Change, Happened, Projection, Row, first, insert_new, rows

USERS = Table(
    "users",
    METADATA,
    Column("id", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("enterprise_id", String, index=True),
    Column("created_at_ms", BigInteger, nullable=False),
)
PROJECTION = Projection(USERS, "registry")
ADD = insert_new(USERS)


@PROJECTION.on(AccountRegistered)
def _registered(event: AccountRegistered, happened: Happened) -> Iterable[Change]:
    row = {
        "id": event.account_id,
        "role": event.role,
        "enterprise_id": event.enterprise_id,
        "created_at_ms": happened.time_ms,
    }
    return [(ADD, row)]


ALL = select(USERS).order_by(USERS.c.created_at_ms, USERS.c.id)
ONE = select(USERS).where(USERS.c.id == bindparam("id"))


def every(connection: Connection) -> list[Row]:
    """All accounts, the oldest first."""
    return rows(connection, ALL)


def find(connection: Connection, account_id: str) -> Row | None:
    """An account, or None."""
    return first(connection, ONE, id=account_id)


def principal(connection: Connection, account_id: str) -> Principal | None:
    """The principal of an account, or None if it is not registered."""
    row = find(connection, account_id)
    return None if row is None else Principal(row["id"], row["role"], row["enterprise_id"])
