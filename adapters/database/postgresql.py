"""PostgreSQL through psycopg: for many processes, on many machines."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from time import monotonic
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from psycopg.types.string import StrDumper
from sqlalchemy import URL, Connection, Engine, String, create_engine, event, func, inspect, select
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg as Psycopg
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateSchema

CONNECTIONS = 8
"""The most connections of a `Database`: one for each of its threads."""
CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT_S = 30
ANSWER_TIMEOUT_S = 35
"""After this long a request fails: a frozen server can't apply its own time-outs."""
ENCODING = "UTF8"
LOCK = int.from_bytes(b"cwatt")
"""The advisory lock for changes of tables."""
FRESH_S = 0.2
"""A connection that was used less than this ago is not checked: no server restarts faster."""
USED_S = "used_s"
LOST_AFTER_S = 15
"""A server that sends nothing for this long is given up."""


def engine(url: URL, schema: str | None) -> Engine:
    """A pool that checks connections before use, so that a restart of the server goes unnoticed.

    A check takes as long as a query, so the connection that was used last is used first, and unchecked for a moment.
    """
    engine = create_engine(
        url,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args=_connecting(url, schema),
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.adapters.register_dumper(str, WithoutNul)

    @event.listens_for(engine, "checkin")
    def note(_: Any, record: Any) -> None:
        record.info[USED_S] = monotonic()

    @event.listens_for(engine, "checkout")
    def look(connection: Any, record: Any, _: Any) -> None:
        if monotonic() - record.info.get(USED_S, 0) > FRESH_S and not _lives(engine, connection):
            raise InvalidatePoolError  # all older connections are broken, too

    return engine


async def listen(url: URL, schema: str | None, channel: str) -> AsyncGenerator[str]:
    """The payloads of NOTIFY on a channel; an empty text first, once it listens. Raises `psycopg.Error`."""
    _, arguments = Psycopg().create_connect_args(url)
    async with await AsyncConnection.connect(**arguments | _connecting(url, schema), autocommit=True) as connection:
        await connection.execute(SQL("LISTEN {}").format(Identifier(channel)))
        yield ""
        async for notification in connection.notifies():
            yield notification.payload


def _connecting(url: URL, schema: str | None) -> dict[str, Any]:
    return {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "tcp_user_timeout": LOST_AFTER_S * 1000,
        "keepalives_idle": LOST_AFTER_S,
        "options": _options(url, schema),
        "application_name": "commonwatt",
    }


def _lives(engine: Engine, connection: Any) -> bool:
    try:
        return engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        return False


def _options(url: URL, schema: str | None) -> str:
    """The options of each connection. Those of the URL come last, so they win."""
    path = f"-c search_path={schema} " if schema else ""
    return f"{path}-c statement_timeout={STATEMENT_TIMEOUT_S}s {url.query.get('options', '')}".strip()


class WithoutNul(StrDumper):
    """Stores U+FFFD instead of U+0000, which PostgreSQL can't store in text."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd"))


@compiles(String, "postgresql")
def _byte_by_byte(column: String, compiler: Any, **more: Any) -> str:
    """Sort text as SQLite does, whatever the locale of the database."""
    plain: str = compiler.visit_string(column, **more)
    return f'{plain} COLLATE "C"' if more.get("type_expression") is not None else plain


def lock(connection: Connection) -> None:
    """Wait until no other transaction has the lock. It ends with the transaction."""
    connection.execute(select(func.pg_advisory_xact_lock(LOCK)))


def encoding(connection: Connection) -> str:
    """The encoding in which the database stores text."""
    return str(connection.exec_driver_sql("SHOW server_encoding").scalar_one())


def create_schema(connection: Connection, name: str) -> None:
    """Create a schema if it is missing. An existing one needs no right to create it."""
    if not inspect(connection).has_schema(name):
        connection.execute(CreateSchema(name))
