"""SQLite: one file, for one machine."""

from __future__ import annotations

import sqlite3
from typing import Any

import stamina
from sqlalchemy import URL, Engine, create_engine, event

BUSY_TIMEOUT_S = 5


def engine(url: URL, durable: bool) -> Engine:
    """Connections of which one may write while others read. `durable` ones wait for the disk at every commit."""
    engine = create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_S}, skip_autocommit_rollback=True, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        _write_ahead(connection)
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.execute("PRAGMA foreign_keys = ON")

    return engine


def _is_busy(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY


@stamina.retry(on=_is_busy, attempts=None, timeout=BUSY_TIMEOUT_S, wait_initial=0.005, wait_max=0.05)
def _write_ahead(connection: sqlite3.Connection) -> None:
    """SQLite itself does not wait here while others open the same new file."""
    connection.execute("PRAGMA journal_mode = WAL")
