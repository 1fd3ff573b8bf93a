"""`session_transactions`: the transactions that served each session; one that was interrupted has several."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, String, Table

from domain.records.sites import SessionCharging
from projections.projection import METADATA, Change, Happened, Projection, insert_new

SESSION_TRANSACTIONS = Table(
    "session_transactions",
    METADATA,
    Column("session_id", String, primary_key=True),
    Column("charger_id", String, primary_key=True),
    Column("transaction_id", String, primary_key=True),
)
PROJECTION = Projection(SESSION_TRANSACTIONS, "sites")
ADD = insert_new(SESSION_TRANSACTIONS)


@PROJECTION.on(SessionCharging)
def _charging(event: SessionCharging, _: Happened) -> Iterable[Change]:
    row = {
        "session_id": event.session_id,
        "charger_id": event.charger_id,
        "transaction_id": event.transaction_id,
    }
    return [(ADD, row)]
