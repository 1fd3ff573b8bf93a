"""Shadow tables: filled beside the live ones, and put in their place at once, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import DropSchema

from adapters.database.database import Database
from adapters.database.errors import translating

LOCK = int.from_bytes(b"beside")


class AlreadyMade(Exception):
    """Another process fills shadow tables, or uses the file."""


class ShadowTables:
    """On PostgreSQL another schema. On SQLite another file, while no other process has the live one open."""

    def __init__(self, live: Database) -> None:
        self._live = live
        if live.is_sqlite:
            self._file = Path(f"{live.url.database}.next")
            self.database = Database(live.url.set(database=str(self._file)), durable=False)
        else:
            self._next, self._old = f"{live.schema}_next", f"{live.schema}_old"
            self.database = Database(live.url, durable=False, schema=self._next)

    @classmethod
    @contextmanager
    def made(cls, live: Database) -> Iterator[ShadowTables]:
        """Empty shadow tables, which are dropped at the end unless put in place. Raises `AlreadyMade`."""
        shadow = cls(live)
        try:
            with shadow._alone():
                shadow._clear()
                shadow.database.create_schema()
                try:
                    yield shadow
                finally:
                    shadow._clear()
        finally:
            shadow.database.close()

    async def put_in_place(self, ready: Callable[[Connection], None]) -> None:
        """Swap the tables once `ready`, called with the live tables, returns. If it raises, nothing changes.

        Queries under way finish on the old tables. On SQLite `ready` is not called: no other process uses the file.
        """
        if self._live.is_sqlite:
            self._replace_file()
        else:
            await self._live.write(lambda connection: self._rename(connection, ready))

    def _rename(self, connection: Connection, ready: Callable[[Connection], None]) -> None:
        ready(connection)
        for old, new in ((self._live.schema, self._old), (self._next, self._live.schema)):
            connection.exec_driver_sql(f"ALTER SCHEMA {old} RENAME TO {new}")

    def _replace_file(self) -> None:
        """Closing the last connection removes the write-ahead log, which would else be applied to the new file."""
        self.database.engine.dispose()
        self._live.engine.dispose()
        for path in (self._file, Path(str(self._live.url.database))):
            if Path(f"{path}-wal").exists():
                raise AlreadyMade(f"{path} is in use by another process")
        self._file.replace(str(self._live.url.database))

    def _clear(self) -> None:
        if self._live.is_sqlite:
            self.database.engine.dispose()
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self._file}{suffix}").unlink(missing_ok=True)
            return
        for name in (self._next, self._old):
            with translating(self._live.url), self._live.engine.begin() as connection:
                connection.execute(DropSchema(name, cascade=True, if_exists=True))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._live.is_sqlite:
            yield
            return
        with translating(self._live.url), self._live.engine.connect() as connection:
            if not connection.scalar(select(func.pg_try_advisory_lock(LOCK))):
                raise AlreadyMade("another rebuild is under way")
            connection.commit()
            try:
                yield
            finally:
                # The lock ends with the connection, too, but only once the server has noticed.
                with suppress(DBAPIError):
                    connection.scalar(select(func.pg_advisory_unlock(LOCK)))
                connection.invalidate()
