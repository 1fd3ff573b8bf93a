"""One PostgreSQL for all tests and all processes that run them.

The first that needs it starts it, pytest's main process stops it. Each test has a database of its own. What breaks a
server has a server of its own.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.local.postgres import Missing, Postgres

__all__ = ["Missing", "Postgres", "end_shared", "private", "shared"]


def shared(folder: Path) -> Postgres:
    """The server of this run of the tests, started by whoever comes first."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = Postgres(folder)
        if not (folder / "data" / "postmaster.pid").exists():
            server.start(fsync=False)
        return server


def end_shared(folder: Path) -> None:
    """Stop the server of this run, where it was started, and leave nothing behind."""
    if not folder.exists():
        return
    if (folder / "data" / "postmaster.pid").exists():
        Postgres(folder).stop("immediate")
    shutil.rmtree(folder)


@contextmanager
def private() -> Iterator[Postgres]:
    """A running server that a test may break."""
    with tempfile.TemporaryDirectory(prefix="commonwatt-postgres-") as folder:
        server = Postgres(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
