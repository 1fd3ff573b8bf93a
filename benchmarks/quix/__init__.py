"""Quix Streams as a peer of the measurements, in an environment of its own with a lock of its own."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
VENV = HERE / ".venv"
PYTHON = VENV / "bin" / "python"
MARKER = VENV / "installed"
WORKER = HERE / "worker.py"


class QuixError(Exception):
    """The environment can't be made; the text is the output of pip."""


def python() -> Path:
    """The environment's Python; made on the first call and when the lock has changed. Raises `QuixError`."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not MARKER.exists() or MARKER.read_text() != wanted:
        shutil.rmtree(VENV, ignore_errors=True)
        _run(sys.executable, "-I", "-m", "venv", str(VENV))
        options = ["--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
        _run(str(PYTHON), "-I", "-m", "pip", "install", *options, "-r", str(LOCK))
        MARKER.write_text(wanted)
    return PYTHON


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise QuixError(f"Quix Streams can't be installed in {VENV}:\n{done.stdout}{done.stderr}")
