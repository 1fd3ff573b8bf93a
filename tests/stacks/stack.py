"""The stacks of other makers, and how the program on top of each is made ready to run."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

HERE = Path(__file__).parent
MADE = Path(sys.prefix) / "stacks"
"""What was made of the programs stays in the environment."""
LONGEST_S = 300
Command = Sequence[str | Path]
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


class Missing(Exception):
    """What a stack needs is not on this machine."""


@dataclass(frozen=True, slots=True)
class Stack:
    """`command` makes it ready, the first time, and returns how it is called; it raises `Missing`.

    `enable`: the command that installs what is missing.
    """

    name: str
    command: Callable[[], Command]
    enable: str


def python() -> Command:
    """The `ocpp` package, which the server's own dependencies bring along."""
    return [sys.executable, HERE / "python" / "charger.py"]


def npm() -> Command:
    return [_program("node"), _made("npm", [[_program("npm"), "ci"]]) / "charger.mjs"]


def go() -> Command:
    """Not optimised: it is built once, and in half the time."""
    build = [_program("go"), "build", "-trimpath", "-buildvcs=false", "-gcflags=all=-N -l", "-o", "charger", "."]
    return [_made("go", [build], {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}) / "charger"]


def _program(name: str) -> str:
    """This machine's, or the environment's own."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.prefix) / "bin"))
    if found is None:
        raise Missing(f"no {name} here")
    return found


def _made(name: str, commands: Sequence[Command], settings: Mapping[str, str] = NO_SETTINGS) -> Path:
    """A copy of a stack's folder in which these commands were run; it is made anew when the folder has changed."""
    MADE.mkdir(exist_ok=True)
    sources = sorted(path for path in (HERE / name).iterdir() if path.is_file())
    fingerprint = hashlib.sha256(b"\0".join(path.name.encode() + path.read_bytes() for path in sources)).hexdigest()
    folder = MADE / name / fingerprint[:16]
    with (MADE / f"{name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            shutil.rmtree(folder.parent, ignore_errors=True)
            draft = folder.parent / "draft"
            draft.mkdir(parents=True)
            for path in sources:
                shutil.copy(path, draft)
            for command in commands:
                _run(command, draft, settings)
            draft.rename(folder)
    return folder


def _run(command: Command, folder: Path, settings: Mapping[str, str]) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=LONGEST_S,
    )
    if done.returncode:
        raise Missing(f"{' '.join(map(str, command))} failed: {done.stdout[-2000:]}")


NODE = ".venv/bin/pip install --require-hashes --no-deps -r requirements-npm.lock"
STACKS = (
    Stack("python", python, "./commonwatt test --version"),
    Stack("npm", npm, NODE),
    Stack("go", go, "sudo apt-get install golang-go"),
)
