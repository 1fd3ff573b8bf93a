"""The launcher with the real venv and pip, and a folder of wheels in place of an index."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.launcher.checkout import ROOT

PROGRAM = "import os, sys, tiny; print(tiny.VALUE, sys.argv[1:], os.getcwd())"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    checkout = tmp_path / "a checkout"
    (checkout / "services/cli").mkdir(parents=True)
    (checkout / "services/__init__.py").touch()
    (checkout / "services/cli/__init__.py").touch()
    (checkout / "services/cli/__main__.py").write_text(PROGRAM)
    shutil.copy(ROOT / "commonwatt", checkout)
    (checkout / "api/web").mkdir(parents=True)
    (checkout / "api/web/package-lock.json").write_text("{}")
    return checkout


def make_wheel(folder: Path, version: str) -> str:
    """Put a version of the package `tiny` into the folder; its digest."""
    wheel = folder / f"tiny-{version}-py3-none-any.whl"
    metadata = f"tiny-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as content:
        content.writestr("tiny.py", f"VALUE = 'tiny {version}'")
        content.writestr(f"{metadata}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n")
        content.writestr(f"{metadata}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        content.writestr(f"{metadata}/RECORD", "")
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def lock(checkout: Path, version: str, digest: str) -> None:
    (checkout / "requirements.lock").write_text(f"tiny=={version} --hash=sha256:{digest}\n")


def call(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call it where files of the caller would shadow the program's, were they on the path."""
    elsewhere = checkout.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    (elsewhere / "tiny.py").write_text("raise SystemExit('shadowed')")
    return subprocess.run(
        [sys.executable, checkout / "commonwatt", *arguments],
        cwd=elsewhere,
        env={"PATH": os.defpath, "HOME": str(elsewhere), "PIP_CONFIG_FILE": os.devnull, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_locked_is_installed_and_nothing_else(checkout, tmp_path):
    wheels = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    lock(checkout, "1.0", make_wheel(tmp_path, "1.0"))
    first = call(checkout, "demo", "data", **wheels)
    assert (first.stdout, first.returncode) == (f"tiny 1.0 ['demo', 'data'] {tmp_path / 'elsewhere'}\n", 0)
    later = call(checkout, "demo", "data")
    assert (later.stdout, later.stderr) == (first.stdout, "")

    lock(checkout, "2.0", make_wheel(tmp_path, "2.0"))
    assert call(checkout, **wheels).stdout.startswith("tiny 2.0")

    make_wheel(tmp_path, "3.0")
    lock(checkout, "3.0", "0" * 64)
    tampered = call(checkout, **wheels)
    assert (tampered.stdout, tampered.returncode) == ("", 1)
    assert "DO NOT MATCH THE HASHES" in tampered.stderr


def test_an_index_that_refuses_is_told_as_no_network(checkout):
    lock(checkout, "1.0", "0" * 64)
    with socket.socket() as bound:  # never listens, so it refuses; and nobody else can have the port
        bound.bind(("127.0.0.1", 0))
        index = f"http://127.0.0.1:{bound.getsockname()[1]}/simple"
        refused = call(checkout, PIP_INDEX_URL=index, PIP_RETRIES="1")
    assert (refused.stdout, refused.returncode) == ("", 1)
    assert "No network" in refused.stderr
    assert "Traceback" not in refused.stderr
