"""The enterprises in the vault: names and domains, under the enterprise ids that the log contains."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, LargeBinary, String, Table, select
from sqlalchemy.dialects.postgresql import insert

from adapters.database import Database
from adapters.vault.keys import Keys
from adapters.vault.tables import METADATA
from commands.ports.vault import EnterpriseNames

ENTERPRISES = Table(
    "enterprises",
    METADATA,
    Column("enterprise_id", String, primary_key=True),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("domain_sealed", LargeBinary, nullable=False),
)


class Enterprises:
    """Names of legal persons stay out of the log, too, since many of them are one natural person."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    async def add(self, enterprise_id: str, name: str, domain: str) -> None:
        """Store an enterprise. Adding it again changes nothing."""
        row = {
            "enterprise_id": enterprise_id,
            "name_sealed": self._keys.seal(name.encode(), enterprise_id),
            "domain_sealed": self._keys.seal(domain.encode(), enterprise_id),
        }
        add = insert(ENTERPRISES).on_conflict_do_nothing(index_elements=["enterprise_id"])
        await self._database.write(lambda connection: connection.execute(add, row))

    async def names(self, enterprise_ids: Iterable[str]) -> dict[str, EnterpriseNames]:
        """The names of the enterprises that are known, by enterprise id."""
        query = select(ENTERPRISES).where(ENTERPRISES.c.enterprise_id.in_(list(enterprise_ids)))
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {
            row.enterprise_id: EnterpriseNames(
                self._keys.open(row.name_sealed, row.enterprise_id).decode(),
                self._keys.open(row.domain_sealed, row.enterprise_id).decode(),
            )
            for row in rows
        }
