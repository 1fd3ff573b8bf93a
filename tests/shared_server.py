"""One real server for a whole run of the tests, however many processes share it.

The first test that needs it starts a module that calls `serve`. That process runs the server as long as any process
holds the file of users; the system releases it however a process ends, so no server is left behind.
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
Description = dict[str, Any]
"""What a client needs to know of the server; or {"error": reason}."""


def shared(factory: pytest.TempPathFactory) -> Path:
    """The temporary folder of this run of the tests, the same for all its processes."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def shared_server(folder: Path, module: str) -> Iterator[Description]:
    """The description of the server that `module` serves, which runs until its last user has left."""
    folder = folder / module
    folder.mkdir(exist_ok=True)
    with _locked(folder / "start", fcntl.LOCK_EX), _locked(folder / "users", fcntl.LOCK_SH) as users:
        description = _published(folder) or _started(folder, module)
        held = os.dup(users)
    try:
        yield description
    finally:
        os.close(held)


def serve(folder: Path, running: AbstractContextManager[Description]) -> None:
    """Run a server, publish its description, and end it once it has no user."""
    try:
        with running as description:
            _publish(folder, description)
            with _locked(folder / "users", fcntl.LOCK_EX):
                _file(folder).unlink()
    except Exception as error:
        _publish(folder, {"error": str(error)})


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
    return folder / "description.json"


def _published(folder: Path) -> Description | None:
    try:
        return json.loads(_file(folder).read_text())
    except FileNotFoundError:
        return None


def _started(folder: Path, module: str) -> Description:
    with (folder / "output.log").open("wb") as output:
        command = [sys.executable, "-m", module, str(folder)]
        server = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        ended = server.poll() is not None
        if description := _published(folder):
            server.returncode = 0  # it goes on without us; nobody shall wait for it
            return description
        if ended:
            break
        time.sleep(0.05)
    return {"error": f"{module} did not start a server:\n{(folder / 'output.log').read_text()}"}


def _publish(folder: Path, description: Description) -> None:
    draft = folder / "draft.json"
    draft.write_text(json.dumps(description))
    draft.replace(_file(folder))
