"""Where a running server listens: it tells so in its data folder, since ports may be chosen by the system."""

from __future__ import annotations

import fcntl
import json
import os
import random
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

HOST = "127.0.0.1"
FILE = "addresses.json"
START_S = 60.0

_given: set[int] = set()


def lasting_ports(count: int) -> list[int]:
    """Free ports for a server that will be started again on them.

    They lie below those that the system gives to whoever connects, so that nobody takes one while the server is away.
    None is given twice, by this process or beside it by another of this user, though nobody may listen on it yet.
    """
    with ExitStack() as held:
        return [_held(held) for _ in range(count)]


def _held(held: ExitStack) -> int:
    while True:
        listener = held.enter_context(socket.socket())
        port = random.randrange(10_000, 30_000)
        if port in _given or not _is_reserved(port):
            continue
        with suppress(OSError):
            listener.bind((HOST, port))
            _given.add(port)
            return port


def _is_reserved(port: int) -> bool:
    """Whether the port is this process's from now on, and until it ends."""
    try:
        fcntl.lockf(_reservations(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


@cache
def _reservations() -> int:
    """The descriptor of a file of locks, a byte for each port. The system closes it when this process ends.

    It is no file object, for that would close it earlier, and with it the locks would go.
    """
    file = Path(tempfile.gettempdir(), f"commonwatt-ports-{os.getuid()}.lock")
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@dataclass(frozen=True, slots=True)
class Addresses:
    """`api` as http://, `ocpp` as ws://, `control` as host:port ("" on real time)."""

    api: str
    ocpp: str
    control: str

    def write(self, data: Path) -> None:
        """Leave them in the data folder, whole or not at all."""
        draft = data / f".{FILE}"
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(data / FILE)


def wait_for_addresses(data: Path, server: subprocess.Popen[bytes]) -> Addresses | None:
    """The addresses once the server is ready; None where it ended or took too long."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        if (data / FILE).exists():
            return Addresses(**json.loads((data / FILE).read_text()))
        time.sleep(0.05)
    return None
