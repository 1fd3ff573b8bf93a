"""Notes in the vault: free text that people wrote, under the id that the log contains instead."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, String, Table, select
from sqlalchemy.dialects.postgresql import insert

from adapters.database import Database
from adapters.vault.keys import Keys
from adapters.vault.tables import METADATA

NOTES = Table(
    "notes",
    METADATA,
    Column("about", String, primary_key=True),
    Column("note_sealed", LargeBinary, nullable=False),
)


class Notes:
    """One note for each id, which never changes."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    async def add(self, about: str, note: str) -> None:
        """Store a note about the thing with the id `about`. A later note about the same thing is ignored."""
        row = {"about": about, "note_sealed": self._keys.seal(note.encode(), about)}
        add = insert(NOTES).on_conflict_do_nothing(index_elements=["about"])
        await self._database.write(lambda connection: connection.execute(add, row))

    async def find(self, about: str) -> str | None:
        """The note about a thing, or None."""
        query = select(NOTES.c.note_sealed).where(NOTES.c.about == about)
        sealed = await self._database.read(lambda connection: connection.scalar(query))
        return None if sealed is None else self._keys.open(sealed, about).decode()
