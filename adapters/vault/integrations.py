"""The keys of integrations, such as the clouds of vehicles and fleets: `cw_<key id>_<secret>`."""

from __future__ import annotations

import hmac
import secrets

from sqlalchemy import BigInteger, Column, String, Table, delete, select

from adapters.database import Database
from adapters.vault.keys import digest
from adapters.vault.tables import METADATA
from domain.registry.access import Principal

PREFIX = "cw"
INTEGRATIONS = Table(
    "integration_keys",
    METADATA,
    Column("key_id", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("enterprise_id", String, index=True),
    Column("created_ms", BigInteger, nullable=False),
)


class Integrations:
    """Keys with secrets of 192 random bits, stored as SHA-256."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def new_key(self, enterprise_id: str | None, now_ms: int) -> tuple[str, str]:
        """Draw a key for an enterprise (None: for the platform's operator). Returns its id, and the key, this once."""
        key_id, secret = secrets.token_hex(6), secrets.token_hex(24)
        row = {"key_id": key_id, "digest": digest(secret), "enterprise_id": enterprise_id, "created_ms": now_ms}
        await self._database.write(lambda connection: connection.execute(INTEGRATIONS.insert(), row))
        return key_id, f"{PREFIX}_{key_id}_{secret}"

    async def principal(self, key: str) -> Principal | None:
        """The principal with this key, or None. Takes as long for any secret."""
        prefix, _, rest = key.partition("_")
        key_id, _, secret = rest.partition("_")
        query = select(INTEGRATIONS.c.digest, INTEGRATIONS.c.enterprise_id).where(INTEGRATIONS.c.key_id == key_id)
        known = await self._database.read(lambda connection: connection.execute(query).first())
        matches = hmac.compare_digest(known.digest if known else digest(""), digest(secret))
        if prefix != PREFIX or known is None or not matches:
            return None
        return Principal(f"integration:{key_id}", "integration", known.enterprise_id)

    async def revoke(self, key_id: str, enterprise_id: str | None) -> bool:
        """Delete a key. Returns False if the enterprise has no such key."""
        gone = delete(INTEGRATIONS).where(
            INTEGRATIONS.c.key_id == key_id, INTEGRATIONS.c.enterprise_id.is_not_distinct_from(enterprise_id)
        )
        return await self._database.write(lambda connection: connection.execute(gone).rowcount) > 0
