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
"""At most so many of one `Database`: one for each of its threads."""
CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT_S = 30
ANSWER_TIMEOUT_S = 35
"""Whoever asked is told then that nobody answers: a server that is frozen can't keep its own time."""
ENCODING = "UTF8"
LOCK = int.from_bytes(b"cwatt")
"""Who changes tables has this advisory lock."""
FRESH_S = 0.2
"""No server restarts in less."""
USED_S = "used_s"
LOST_AFTER_S = 15
"""A server that says nothing for so long is given up."""


def engine(url: URL, schema: str | None) -> Engine:
    """A pool that looks whether a connection still lives before it lends it: a restarted server goes unnoticed.

    To look takes as long as a query. So what was used a moment ago is lent as it is, and that first of all.
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
            raise InvalidatePoolError  # all that were made before are as dead

    return engine


async def listen(url: URL, schema: str | None, channel: str) -> AsyncGenerator[str]:
    """What is told on a channel (NOTIFY) from now on; an empty text first, once it listens. Raises `psycopg.Error`."""
    _, arguments = Psycopg().create_connect_args(url)
    async with await AsyncConnection.connect(**arguments | _connecting(url, schema), autocommit=True) as connection:
        await connection.execute(SQL("LISTEN {}").format(Identifier(channel)))
        yield ""
        async for told in connection.notifies():
            yield told.payload


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
    """What each connection starts with; what the URL says comes last and wins."""
    path = f"-c search_path={schema} " if schema else ""
    return f"{path}-c statement_timeout={STATEMENT_TIMEOUT_S}s {url.query.get('options', '')}".strip()


class WithoutNul(StrDumper):
    """PostgreSQL keeps no U+0000 in text: whoever tells one is kept with U+FFFD in its place."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd"))


@compiles(String, "postgresql")
def _byte_by_byte(column: String, compiler: Any, **more: Any) -> str:
    """Text sorts as it does on SQLite, whatever the locale of the database."""
    plain: str = compiler.visit_string(column, **more)
    return f'{plain} COLLATE "C"' if more.get("type_expression") is not None else plain


def lock(connection: Connection) -> None:
    """Wait until no other transaction has this lock; it ends with the transaction."""
    connection.execute(select(func.pg_advisory_xact_lock(LOCK)))


def encoding(connection: Connection) -> str:
    """In which the database keeps text."""
    return str(connection.exec_driver_sql("SHOW server_encoding").scalar_one())


def create_schema(connection: Connection, name: str) -> None:
    """Make a schema that is missing. One that is there needs no right to make it."""
    if not inspect(connection).has_schema(name):
        connection.execute(CreateSchema(name))
