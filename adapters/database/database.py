"""A relational database, used from the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager
from typing import Any, TypeVar

import psycopg
from sqlalchemy import URL, Connection, MetaData, make_url

from adapters.database import postgresql, sqlite
from adapters.database.errors import one_line, translating, where
from commands.ports.database import DatabaseUnavailable

T = TypeVar("T")


class Database:
    """An SQLAlchemy engine that does not block the event loop.

    SQLite without `durable` (no fsync, for what can be rebuilt from the log) takes less time than a thread's start, so
    its work runs at once; all other work runs in a thread. Every method raises `DatabaseUnavailable`.
    """

    def __init__(self, url: str | URL, *, durable: bool, schema: str | None = None) -> None:
        """`url` in SQLAlchemy's format: `sqlite:////path/of.db` or `postgresql+psycopg://...`.

        On PostgreSQL all tables are in `schema` (see `create_schema`), so that several may share one database.
        """
        self.url = make_url(url)
        self.schema = schema
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.engine = sqlite.engine(self.url, durable)
            self._threads = None
        else:
            self.engine = postgresql.engine(self.url, schema)
            self._threads = ThreadPoolExecutor(postgresql.CONNECTIONS, "database")
        # A query is one statement: its snapshot needs no transaction around it.
        self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writes_at_once = self.is_sqlite and not durable
        self._reader: Connection | None = None

    def create(self, metadata: MetaData) -> None:
        """Create the tables that are missing."""
        self.create_schema()
        with self.alone() as connection:
            metadata.create_all(connection)

    def create_schema(self) -> None:
        """Create the schema if it is missing. Raises `DatabaseUnavailable` if the encoding can't store every text."""
        if self.is_sqlite or self.schema is None:
            return
        with self.alone() as connection:
            encoding = postgresql.encoding(connection)
            if encoding != postgresql.ENCODING:
                raise DatabaseUnavailable(f"{where(self.url)}: the encoding is {encoding}, not {postgresql.ENCODING}")
            postgresql.create_schema(connection, self.schema)

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A transaction for changes of tables. Others that call this wait, in any process."""
        with translating(self.url), self.engine.begin() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                postgresql.lock(connection)
            yield connection

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Call `work` with a connection to query."""
        if self.is_sqlite:
            with translating(self.url):
                self._reader = self._reader or self._reading.connect()
                return work(self._reader)
        return await self._in_thread(self._reading.connect, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Call `work` within one transaction: committed when it returns, rolled back when it raises."""
        if self._writes_at_once:
            return self._within(self.engine.begin, work)
        return await self._in_thread(self.engine.begin, work)

    async def listen(self, channel: str) -> AsyncGenerator[str]:
        """The notifications on a channel of the schema: an empty text once it listens, then each. None on SQLite."""
        if self.is_sqlite:
            return
        try:
            name = f"{self.schema or 'public'}.{channel}"
            async with aclosing(postgresql.listen(self.url, self.schema, name)) as notifications:
                async for text in notifications:
                    yield text
        except psycopg.Error as error:
            raise DatabaseUnavailable(f"{where(self.url)}: {one_line(error)}") from error

    def close(self) -> None:
        """Close all connections."""
        if self._reader is not None:
            self._reader.close()
        if self._threads is not None:
            self._threads.shutdown()
        self.engine.dispose()

    async def _in_thread(self, connect: Callable[[], Any], work: Callable[[Connection], T]) -> T:
        done = asyncio.get_running_loop().run_in_executor(self._threads, self._within, connect, work)
        if self.is_sqlite:
            return await done
        try:
            async with asyncio.timeout(postgresql.ANSWER_TIMEOUT_S):
                return await done
        except TimeoutError as error:
            within = f"no answer within {postgresql.ANSWER_TIMEOUT_S} s"
            raise DatabaseUnavailable(f"{where(self.url)}: {within}") from error

    def _within(self, connect: Callable[[], Any], work: Callable[[Connection], T]) -> T:
        with translating(self.url), connect() as connection:
            return work(connection)
