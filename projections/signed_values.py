"""`signed_values`: the signed values of the begin and the end of each transaction, as the charger sent them."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from sqlalchemy import BigInteger, Column, Connection, String, Table, and_, bindparam, select

from domain.records.load import ValueSigned
from projections.projection import METADATA, Change, Happened, Projection, Row, insert_new, rows
from projections.session_transactions import SESSION_TRANSACTIONS

SIGNED_VALUES = Table(
    "signed_values",
    METADATA,
    Column("charger_id", String, primary_key=True),
    Column("transaction_id", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("moment", String, nullable=False),
    Column("text", String, nullable=False),
    Column("charger_time_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
)
PROJECTION = Projection(SIGNED_VALUES, "load")
ADD = insert_new(SIGNED_VALUES)


@PROJECTION.on(ValueSigned)
def _signed(event: ValueSigned, happened: Happened) -> Iterable[Change]:
    """One that comes again, with the stop, is the same."""
    row = {
        "charger_id": event.charger_id,
        "transaction_id": event.transaction_id,
        "digest": sha256(event.text.encode()).hexdigest(),
        "moment": event.moment,
        "text": event.text,
        "charger_time_ms": event.charger_time_ms,
        "received_ms": happened.time_ms,
    }
    return [(ADD, row)]


OF_SESSION = (
    select(SIGNED_VALUES)
    .join(
        SESSION_TRANSACTIONS,
        and_(
            SESSION_TRANSACTIONS.c.charger_id == SIGNED_VALUES.c.charger_id,
            SESSION_TRANSACTIONS.c.transaction_id == SIGNED_VALUES.c.transaction_id,
        ),
    )
    .where(SESSION_TRANSACTIONS.c.session_id == bindparam("session_id"))
    .order_by(SIGNED_VALUES.c.charger_time_ms, SIGNED_VALUES.c.received_ms, SIGNED_VALUES.c.digest)
)


def of_session(connection: Connection, session_id: str) -> list[Row]:
    """The signed values of all transactions of a session, by the charger's clock."""
    return rows(connection, OF_SESSION, session_id=session_id)
