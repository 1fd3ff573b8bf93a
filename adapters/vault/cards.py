"""Cards in the vault: whose they are, and the texts of their tokens, which never enter the log.

The log knows a token by an opaque reference. A text is stored sealed: that of a vehicle's card for as long as the card
is the vehicle's, that of any token for some weeks after it began a transaction, so that the platform can continue that
with the same token.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, String, Table, bindparam, delete, select
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
PRESENTED = Table(
    "presented_tokens",
    METADATA,
    Column("token_ref", String, primary_key=True),
    Column("text_sealed", LargeBinary, nullable=False),
    Column("presented_ms", BigInteger, nullable=False, index=True),
)
STORE = insert(PRESENTED)
STORE = STORE.on_conflict_do_update(
    index_elements=["token_ref"],
    set_={name: STORE.excluded[name] for name in ("text_sealed", "presented_ms")},
)
FORGET_OLD = delete(PRESENTED).where(PRESENTED.c.presented_ms < bindparam("before_ms"))


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

    async def presented(self, token: str, now_ms: int) -> None:
        """Store the text of a token with which a transaction begins, as its charger writes it. Forgets old ones."""
        ref = self.ref(token)
        row = {"token_ref": ref, "text_sealed": self._keys.seal(token.encode(), ref), "presented_ms": now_ms}

        def work(connection: Connection) -> None:
            connection.execute(FORGET_OLD, {"before_ms": now_ms - RETENTION_MS})
            connection.execute(STORE, row)

        await self._database.write(work)

    async def text(self, token_ref: str) -> str | None:
        """The token that a reference stands for, as it was presented last; None: it is not known any more."""
        query = select(PRESENTED.c.text_sealed).where(PRESENTED.c.token_ref == token_ref)
        sealed = await self._database.read(lambda connection: connection.scalar(query))
        return None if sealed is None else self._keys.open(sealed, token_ref).decode()

    def add(self, connection: Connection, vehicle_id: str, token: str) -> None:
        """Store a card of a vehicle, within a transaction. Raises `DomainError` if it is another vehicle's."""
        mac = self._mac(token)
        owner = connection.scalar(select(CARDS.c.vehicle_id).where(CARDS.c.token_mac == mac))
        if owner is None:
            connection.execute(CARDS.insert(), {"token_mac": mac, "vehicle_id": vehicle_id})
        elif owner != vehicle_id:
            raise DomainError("this token belongs to another vehicle", field="token", rule=RULE)

    def forget(self, connection: Connection, vehicle_id: str) -> None:
        """Erase the cards of a vehicle, within a transaction."""
        macs = connection.scalars(select(CARDS.c.token_mac).where(CARDS.c.vehicle_id == vehicle_id)).all()
        connection.execute(delete(PRESENTED).where(PRESENTED.c.token_ref.in_([_ref(mac) for mac in macs])))
        connection.execute(delete(CARDS).where(CARDS.c.vehicle_id == vehicle_id))

    def _mac(self, token: str) -> str:
        return self._keys.mac("token", token.casefold())


def _ref(mac: str) -> str:
    return f"tok_{mac[:REF_DIGITS]}"
