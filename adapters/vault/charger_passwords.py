"""The passwords of chargers in the vault. They have 120 random bits, so their SHA-256 is enough to check them.

An AuthorizationKey of OCPP is 40 hexadecimal digits, which a charger sends as 20 bytes; other chargers hold a text of
20 characters at most. So a password is the digits of 20 bytes that are a text, too: whichever form a charger is given,
it gets in.
"""

from __future__ import annotations

import secrets

from sqlalchemy import Column, String, Table, select
from sqlalchemy.dialects.postgresql import insert

from adapters.database import Database
from adapters.vault.keys import digest
from adapters.vault.tables import METADATA

PASSWORDS = Table(
    "charger_passwords",
    METADATA,
    Column("charger_id", String, primary_key=True),
    Column("digest", String, nullable=False),
)


KEY_BYTES = 20


def forms(given: str) -> set[str]:
    """The passwords that a charger may mean by what it sent: the digits in either case, or the bytes of the key."""
    key = given.encode()
    return {given, given.lower(), key.hex()} if len(key) in (KEY_BYTES, 2 * KEY_BYTES) else {given}


class ChargerPasswords:
    """One password for each charger; the vault stores its digest only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def draw(self, charger_id: str, *, replace: bool) -> str | None:
        """Draw a password and return it, this once. None if there is one already and `replace` is False."""
        password = secrets.token_urlsafe(KEY_BYTES * 3 // 4).encode().hex()
        row = {"charger_id": charger_id, "digest": digest(password)}
        add = insert(PASSWORDS)
        if replace:
            add = add.on_conflict_do_update(index_elements=["charger_id"], set_={"digest": row["digest"]})
        else:
            add = add.on_conflict_do_nothing(index_elements=["charger_id"])
        statement = add.returning(PASSWORDS.c.charger_id)
        stored = await self._database.write(lambda connection: connection.scalar(statement, row))
        return password if stored else None

    async def digest(self, charger_id: str) -> str | None:
        """The SHA-256 of a charger's password, or None."""
        query = select(PASSWORDS.c.digest).where(PASSWORDS.c.charger_id == charger_id)
        return await self._database.read(lambda connection: connection.scalar(query))
