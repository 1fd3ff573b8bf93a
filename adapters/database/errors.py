"""Errors of databases, as `DatabaseUnavailable`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from commands.ports.database import DatabaseUnavailable

PASSING = {
    "25006": "it is read-only now",
    "42P01": "its tables do not exist yet",
    "3F000": "its schema does not exist yet",
}
"""SQLSTATEs of conditions that pass: a standby is promoted, a projector creates its tables."""


@contextmanager
def translating(url: URL) -> Iterator[None]:
    """Raise `DatabaseUnavailable` if the database can't be used now. The text has neither password nor values."""
    try:
        yield
    except NoConnectionFree as error:
        raise DatabaseUnavailable(f"{where(url)}: no connection is free") from error
    except DBAPIError as error:
        passing = PASSING.get(getattr(error.orig, "sqlstate", None) or "")
        if passing or isinstance(error, OperationalError) or error.connection_invalidated:
            raise DatabaseUnavailable(f"{where(url)}: {passing or one_line(error.orig)}") from error
        raise


def where(url: URL) -> str:
    """The name of a database for its operator, without anything secret."""
    if url.host is None:
        return str(url.database)
    return f"PostgreSQL at {url.host}:{url.port or 5432}, database {url.database}"


def one_line(error: BaseException | None) -> str:
    """The text of an error, on one line."""
    return " ".join(str(error).split())
