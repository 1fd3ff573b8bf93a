"""One database, used from the event loop."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, MetaData, create_engine, event, make_url

T = TypeVar("T")
BUSY_TIMEOUT_S = 5


class Database:
    """An engine, and how work gets to it without holding up the event loop.

    On SQLite without `durable` (what can be rebuilt from the log: no fsync) work takes less time than handing it to a
    thread would, so it runs at once; everything else runs in a thread.
    """

    def __init__(self, url: str | URL, *, durable: bool) -> None:
        """`url` as SQLAlchemy writes it: `sqlite:////path/of.db` or `postgresql+psycopg://...`."""
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.engine = _sqlite(parsed, durable) if self.is_sqlite else create_engine(parsed, pool_pre_ping=True)
        # A query is one statement: its snapshot needs no transaction around it.
        self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writes_at_once = self.is_sqlite and not durable
        self._reader: Connection | None = None

    def create(self, metadata: MetaData) -> None:
        """Create the tables that are missing."""
        metadata.create_all(self.engine)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Call `work` with a connection to query."""
        if self.is_sqlite:
            self._reader = self._reader or self._reading.connect()
            return work(self._reader)
        return await asyncio.to_thread(_within, self._reading.connect, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Call `work` within one transaction: committed when it returns, rolled back when it raises."""
        if self._writes_at_once:
            return _within(self.engine.begin, work)
        return await asyncio.to_thread(_within, self.engine.begin, work)

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self.engine.dispose()


def _within(connect: Callable[[], Any], work: Callable[[Connection], T]) -> T:
    with connect() as connection:
        return work(connection)


def _sqlite(url: URL, durable: bool) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S}, skip_autocommit_rollback=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.execute("PRAGMA foreign_keys = ON")

    return engine
