"""What a database says when it can't be used, in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from commands.ports.database import DatabaseUnavailable

PASSING = {"25006": "it is read-only now", "42P01": "its tables are not there yet", "3F000": "it is not prepared yet"}
"""SQLSTATEs of what passes: a standby gets a successor, and a projector makes its tables."""


@contextmanager
def translating(url: URL) -> Iterator[None]:
    """Raise `DatabaseUnavailable` where the database does not answer, or not now. Says neither password nor values."""
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
    """The database as its operator knows it, without anything that may be secret."""
    if url.host is None:
        return str(url.database)
    return f"PostgreSQL at {url.host}:{url.port or 5432}, database {url.database}"


def one_line(error: BaseException | None) -> str:
    return " ".join(str(error).split())
