"""A temporary checkout with the real launcher, to be called by Pythons that only pretend."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ASSETS = "api/web/package-lock.json"

# Answers like Python, venv and pip. $FAKE_VENV and $FAKE_PIP say what else happens there; $CALLS is written down.
FAKE = """#!/bin/sh
case "$*" in
    --version) echo "Python {version}.7" ;;
    "-I -m venv "*)
        eval "$FAKE_VENV"
        mkdir -p "$4/bin" "$4/lib/python{version}" && cp "$0" "$4/bin/python" && echo venv >> "$CALLS" ;;
    "-I -m pip install "*npm.lock) echo "$*" >> "$CALLS"; eval "$FAKE_PIP"; cp "$OWN_NPM" "$(dirname "$0")/npm" ;;
    "-I -m pip install "*) echo "$*" >> "$CALLS"; eval "$FAKE_PIP" ;;
    *) echo "ran $* in $PWD with $PYTHONPATH" ;;
esac
"""

# Answers like npm. $FAKE_NPM says what else happens there.
NPM = """#!/bin/sh
case "$*" in
    --version) echo "{version}.9.1" ;;
    *) echo "{name} $* in $PWD" >> "$CALLS"; eval "$FAKE_NPM" ;;
esac
"""

# The launcher believes to be run by the Python that is given.
RUN_AS = """import runpy, sys
_, sys.executable, *sys.argv = sys.argv
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass
class Checkout:
    """Where the launcher was copied to, and what is on its PATH."""

    root: Path
    path: Path

    @classmethod
    def make(cls, folder: Path) -> "Checkout":
        """A checkout on a machine with no Python but 3.13, and with npm."""
        checkout = cls(folder / "checkout", folder / "path")
        (checkout.root / "api/web").mkdir(parents=True)
        checkout.path.mkdir()
        shutil.copy(ROOT / "commonwatt", checkout.root)
        checkout.write_lock("requirements.lock", "first")
        checkout.write_lock("requirements-dev.lock", "first")
        checkout.write_lock("requirements-npm.lock", "first")
        checkout.write_lock(ASSETS, "first")
        checkout.add_python("3.13")
        checkout.add_npm(11)
        checkout.add_npm(24, "own-npm", folder)
        return checkout

    def write_lock(self, name: str, content: str) -> None:
        (self.root / name).write_text(content)

    def add_python(self, version: str, name: str | None = None) -> Path:
        """Put a pretended Python on the PATH."""
        python = self.path / (name or f"python{version}")
        python.write_text(FAKE.format(version=version))
        python.chmod(0o755)
        return python

    def add_npm(self, version: int, name: str = "npm", folder: Path | None = None) -> None:
        """Put a pretended npm on the PATH (or into a folder)."""
        npm = (folder or self.path) / name
        npm.write_text(NPM.format(version=version, name=name))
        npm.chmod(0o755)

    def start(self, *arguments: str, python: Path | None = None, **environment: str) -> subprocess.Popen[str]:
        """Call the launcher, from a folder of the caller's."""
        command = [sys.executable, "-I", "-c", RUN_AS, python or self.path / "python3.13", self.root / "commonwatt"]
        return subprocess.Popen(
            [*command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.path.parent,
            env={
                "PATH": f"{self.path}:{os.defpath}",
                "CALLS": str(self.calls_file),
                "OWN_NPM": str(self.path.parent / "own-npm"),
                **environment,
            },
        )

    def call(self, *arguments: str, python: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        """Call the launcher and wait for it."""
        with self.start(*arguments, python=python, **environment) as process:
            output, errors = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    @property
    def calls_file(self) -> Path:
        return self.path.parent / "calls"

    def calls(self) -> list[str]:
        """What was asked of venv ("venv"), pip (the lock's name) and npm since the last look."""
        lines = self.calls_file.read_text().splitlines() if self.calls_file.exists() else []
        self.calls_file.unlink(missing_ok=True)
        return [line.partition(" in ")[0] if "npm ci" in line else line.rpartition("/")[2] for line in lines]
