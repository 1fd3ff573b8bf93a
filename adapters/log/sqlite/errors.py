"""Errors of SQLite and of the disk, as those of the port."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from commands.ports.log import LogDamaged, LogError, LogFull

FULL = frozenset({"SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_WRITE"})
"""The last one is a disk quota, or a limit of the size of a file."""
DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_SHORT_READ", "SQLITE_IOERR_CORRUPTFS", "SQLITE_IOERR_DATA")
REMEDY = "nothing was decided from it; restore the file from a copy (docs/recovery.md)"


def damaged(file: Path, what: str) -> LogDamaged:
    """The error for a damaged file."""
    return LogDamaged(f"{file} is damaged: {what}; {REMEDY}")


def translated(error: Exception, file: Path) -> Exception:
    """The error of the port for one of SQLite or the system. Any other is a defect, and returned unchanged."""
    if isinstance(error, LogError):
        return type(error)(*error.args)
    if isinstance(error, sqlite3.Error):
        # Python's own errors (a value of an unexpected type) have no code.
        code = getattr(error, "sqlite_errorname", "SQLITE_MISUSE")
        if code in FULL:
            return LogFull(f"no space is left for {file}: nothing was written; free some and try again ({code})")
        if code.startswith(DAMAGED):
            return damaged(file, f"{error} ({code})")
        return LogError(f"{file}: {error} ({code}); nothing of this was acknowledged")
    if isinstance(error, UnicodeDecodeError):  # from SQLite's error text, which quotes what it could not read
        return damaged(file, f"a name in it is no text: {error.object!r}")
    if isinstance(error, OSError):
        kind = LogFull if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else LogError
        return kind(f"{error.filename or file}: {error.strerror}")
    return error


@contextmanager
def translating(file: Path) -> Iterator[None]:
    """Raise errors of the port instead of SQLite's and the system's."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError, OSError) as error:
        raise translated(error, file) from error
