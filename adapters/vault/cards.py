"""Cards in the vault: whose they are, and the texts of their tokens, which never enter the log.

The log knows a token by an opaque reference. A text is stored sealed: that of a vehicle's card for as long as the card
is the vehicle's, that of any other token for some weeks after it began a transaction, so that the platform can continue
that with the same token.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    String,
    Table,
    bindparam,
    case,
    delete,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from adapters.database import Database
from adapters.vault.keys import Keys
from adapters.vault.tables import METADATA
from domain.errors import DomainError

RULE = "vault.unique.v1"
RETENTION_MS = 30 * 24 * 3_600_000
REF_DIGITS = 32
CARDS = Table(
    "charging_tokens",
    METADATA,
    Column("token_mac", String, primary_key=True),
    Column("vehicle_id", String, nullable=False, index=True),
)
TEXTS = Table(
    "token_texts",
    METADATA,
    Column("token_ref", String, primary_key=True),
    Column("text_sealed", LargeBinary, nullable=False),
    Column("forget_ms", BigInteger, index=True),
)
"""`forget_ms` is null for the text of a vehicle's card."""
_STORE = insert(TEXTS)
STORE_OF_CARD = _STORE.on_conflict_do_update(index_elements=["token_ref"], set_={"forget_ms": None})
STORE_PRESENTED = _STORE.on_conflict_do_update(
    index_elements=["token_ref"],
    set_={
        "text_sealed": _STORE.excluded.text_sealed,
        "forget_ms": case((TEXTS.c.forget_ms.is_(None), None), else_=_STORE.excluded.forget_ms),
    },
)
FORGET_OLD = delete(TEXTS).where(TEXTS.c.forget_ms < bindparam("now_ms"))


class Cards:
    """Cards by their tokens, whose case does not matter: they are found by a keyed HMAC."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def ref(self, token: str) -> str:
        """The opaque name of a token on the log: always the same for the same token, and impossible to invert."""
        return _ref(self._mac(token))

    async def vehicle_of(self, token: str) -> str | None:
        """The id of the vehicle whose card it is, or None."""
        query = select(CARDS.c.vehicle_id).where(CARDS.c.token_mac == self._mac(token))
        return await self._database.read(lambda connection: connection.scalar(query))

    async def of(self, vehicle_id: str) -> dict[str, str | None]:
        """The cards of a vehicle by their references, with the texts of their tokens as far as they are known."""
        query = select(CARDS.c.token_mac).where(CARDS.c.vehicle_id == vehicle_id).order_by(CARDS.c.token_mac)

        def work(connection: Connection) -> dict[str, str | None]:
            return {ref: self._text(connection, ref) for ref in map(_ref, connection.scalars(query).all())}

        return await self._database.read(work)

    async def add(self, vehicle_id: str, token: str) -> None:
        """Store a card of a vehicle. Adding the same again changes nothing.

        Raises `DomainError` if it is another vehicle's.
        """
        await self._database.write(lambda connection: self.add_within(connection, vehicle_id, token))

    async def remove(self, vehicle_id: str, token_ref: str) -> None:
        """Erase a card of a vehicle."""

        def work(connection: Connection) -> None:
            macs = connection.scalars(select(CARDS.c.token_mac).where(CARDS.c.vehicle_id == vehicle_id)).all()
            _erase(connection, [mac for mac in macs if _ref(mac) == token_ref])

        await self._database.write(work)

    async def presented(self, token: str, now_ms: int) -> None:
        """Store the text of a token with which a transaction begins, as its charger writes it. Forgets old ones."""
        row = self._row(token, now_ms + RETENTION_MS)

        def work(connection: Connection) -> None:
            connection.execute(FORGET_OLD, {"now_ms": now_ms})
            connection.execute(STORE_PRESENTED, row)

        await self._database.write(work)

    async def text(self, token_ref: str) -> str | None:
        """The token that a reference stands for, as it was presented last; None: it is not known any more."""
        return await self._database.read(lambda connection: self._text(connection, token_ref))

    def add_within(self, connection: Connection, vehicle_id: str, token: str) -> None:
        """Store a card of a vehicle within a transaction. Raises `DomainError` if it is another vehicle's."""
        mac = self._mac(token)
        owner = connection.scalar(select(CARDS.c.vehicle_id).where(CARDS.c.token_mac == mac))
        if owner is None:
            connection.execute(CARDS.insert(), {"token_mac": mac, "vehicle_id": vehicle_id})
        elif owner != vehicle_id:
            raise DomainError("this token belongs to another vehicle", field="token", rule=RULE)
        connection.execute(STORE_OF_CARD, self._row(token, None))

    def forget_within(self, connection: Connection, vehicle_id: str) -> None:
        """Erase the cards of a vehicle within a transaction."""
        _erase(connection, connection.scalars(select(CARDS.c.token_mac).where(CARDS.c.vehicle_id == vehicle_id)).all())

    def _row(self, token: str, forget_ms: int | None) -> dict[str, object]:
        ref = self.ref(token)
        return {"token_ref": ref, "text_sealed": self._keys.seal(token.encode(), ref), "forget_ms": forget_ms}

    def _text(self, connection: Connection, token_ref: str) -> str | None:
        sealed = connection.scalar(select(TEXTS.c.text_sealed).where(TEXTS.c.token_ref == token_ref))
        return None if sealed is None else self._keys.open(sealed, token_ref).decode()

    def _mac(self, token: str) -> str:
        return self._keys.mac("token", token.casefold())


def _erase(connection: Connection, macs: Sequence[str]) -> None:
    connection.execute(delete(TEXTS).where(TEXTS.c.token_ref.in_([_ref(mac) for mac in macs])))
    connection.execute(delete(CARDS).where(CARDS.c.token_mac.in_(macs)))


def _ref(mac: str) -> str:
    return f"tok_{mac[:REF_DIGITS]}"
