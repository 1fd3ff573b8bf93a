"""`cards`: what was last said of a vehicle's card: whether it may be used, until when. Its token is in the vault."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Column, Connection, String, Table, bindparam, select

from commands.ports.directory import CardChange
from domain.records.registry import CardChanged
from projections.projection import METADATA, Change, Happened, Projection, first, rows, upsert

CARDS = Table(
    "cards",
    METADATA,
    Column("token_ref", String, primary_key=True),
    Column("vehicle_id", String, nullable=False, index=True),
    Column("use", String, nullable=False),
    Column("expires_ms", BigInteger),
)
PROJECTION = Projection(CARDS, "registry")
PUT = upsert(CARDS, ["vehicle_id", "use", "expires_ms"])


@PROJECTION.on(CardChanged)
def _changed(event: CardChanged, _: Happened) -> Iterable[Change]:
    return [(PUT, event.__dict__)]


ONE = select(CARDS).where(CARDS.c.token_ref == bindparam("token_ref"))
OF_VEHICLE = select(CARDS).where(CARDS.c.vehicle_id == bindparam("vehicle_id"))


def change_of(connection: Connection, token_ref: str) -> CardChange | None:
    """What was last said of a card; None: nothing since it came with its vehicle's registration."""
    row = first(connection, ONE, token_ref=token_ref)
    return None if row is None else CardChange(row["use"], row["expires_ms"])


def changes_of(connection: Connection, vehicle_id: str) -> dict[str, CardChange]:
    """What was last said of each card of a vehicle, by its reference."""
    found = rows(connection, OF_VEHICLE, vehicle_id=vehicle_id)
    return {row["token_ref"]: CardChange(row["use"], row["expires_ms"]) for row in found}
