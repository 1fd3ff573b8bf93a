"""One real Kafka for a whole run of the tests, however many processes share it.

Whoever needs it first starts a keeper; it keeps the broker as long as any process holds the file of users, and since
the system lets go of that, however a process ends, nothing is left behind.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.log.kafka.settings import KafkaSettings
from services.broker import Broker, BrokerError, running

ROOT = Path(__file__).resolve().parents[1]
ENABLE = ".venv/bin/python -m services.broker (fetches Kafka from Maven Central, once)"
USERS, START, TOLD = "kafka.users", "kafka.start", "kafka.json"
PATIENCE_S = 240


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The broker of this run; where there can be none, the test is skipped with the command that enables it."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with locked(folder / START, fcntl.LOCK_EX), locked(folder / USERS, fcntl.LOCK_SH) as users:
        told = found(folder) or started(folder)
        held = os.dup(users)
    if "error" in told:
        os.close(held)
        pytest.skip(f"no Kafka here ({told['error']}); enable with: {ENABLE}")
    yield Broker(**told)
    os.close(held)


def settings_of(broker: Broker, **more: object) -> KafkaSettings:
    """Settings for a platform of its own on the broker, quick to notice who died."""
    told = {"brokers": broker.address, "prefix": f"{uuid4().hex[:8]}.", "session_timeout_ms": 2_000}
    return KafkaSettings(**(told | {"transaction_timeout_ms": 4_000} | more))


@contextmanager
def locked(file: Path, kind: int) -> Iterator[int]:
    """Hold a lock; a duplicate of what it gives holds it longer."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, kind)
        yield descriptor
    finally:
        os.close(descriptor)


def found(folder: Path) -> dict | None:
    try:
        return json.loads((folder / TOLD).read_text())
    except FileNotFoundError:
        return None


def started(folder: Path) -> dict:
    """What the keeper that was started tells: a broker, or an error."""
    with (folder / "kafka.said").open("wb") as said:
        command = [sys.executable, "-m", "tests.kafka", str(folder)]
        keeper = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said, start_new_session=True)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        ended = keeper.poll() is not None
        if told := found(folder):
            keeper.returncode = 0  # it goes on without us; nobody shall wait for it
            return told
        if ended:
            break
        time.sleep(0.05)
    return {"error": f"the keeper did not start one:\n{(folder / 'kafka.said').read_text()}"}


def keep(folder: Path) -> None:
    """Run a broker until nobody uses it."""
    told = folder / TOLD
    try:
        with running(folder / "kafka") as broker:
            tell(told, asdict(broker))
            with locked(folder / USERS, fcntl.LOCK_EX):
                told.unlink()
    except BrokerError as error:
        tell(told, {"error": str(error)})


def tell(file: Path, words: dict) -> None:
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(words))
    draft.replace(file)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
