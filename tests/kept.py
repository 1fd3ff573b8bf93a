"""One real server for a whole run of the tests, however many processes share it.

Whoever needs it first starts a keeper: a module that calls `keep` when it is run. That keeps the server as long as any
process holds the file of users, and since the system lets go of that, however a process ends, nothing is left behind.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 240
Told = dict[str, Any]


def shared(factory: pytest.TempPathFactory) -> Path:
    """The temporary folder of this run of the tests, the same for all its processes."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def kept(folder: Path, keeper: str) -> Iterator[Told]:
    """What a keeper (a module's name) tells of its server, which runs until everybody has left; or {"error": why}."""
    folder = folder / keeper
    folder.mkdir(exist_ok=True)
    with _locked(folder / "start", fcntl.LOCK_EX), _locked(folder / "users", fcntl.LOCK_SH) as users:
        told = _found(folder) or _started(folder, keeper)
        held = os.dup(users)
    try:
        yield told
    finally:
        os.close(held)


def keep(folder: Path, running: AbstractContextManager[Told]) -> None:
    """Run a server, tell what `running` says of it, and end it once nobody uses it."""
    try:
        with running as told:
            _tell(folder, told)
            with _locked(folder / "users", fcntl.LOCK_EX):
                _file(folder).unlink()
    except Exception as error:
        _tell(folder, {"error": str(error)})


@contextmanager
def _locked(file: Path, kind: int) -> Iterator[int]:
    """Hold a lock; a duplicate of what it gives holds it longer."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, kind)
        yield descriptor
    finally:
        os.close(descriptor)


def _file(folder: Path) -> Path:
    return folder / "told.json"


def _found(folder: Path) -> Told | None:
    try:
        return json.loads(_file(folder).read_text())
    except FileNotFoundError:
        return None


def _started(folder: Path, module: str) -> Told:
    with (folder / "said").open("wb") as said:
        command = [sys.executable, "-m", module, str(folder)]
        keeper = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said, start_new_session=True)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        ended = keeper.poll() is not None
        if told := _found(folder):
            keeper.returncode = 0  # it goes on without us; nobody shall wait for it
            return told
        if ended:
            break
        time.sleep(0.05)
    return {"error": f"the keeper did not start one:\n{(folder / 'said').read_text()}"}


def _tell(folder: Path, told: Told) -> None:
    draft = folder / "draft.json"
    draft.write_text(json.dumps(told))
    draft.replace(_file(folder))
