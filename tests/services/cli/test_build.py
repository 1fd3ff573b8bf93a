"""`build`: this build's name, and an archive of its source that proves what it decided."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile

import pytest

from commands.log import topics
from commands.log.codec import entry
from commands.sources import ROOT
from processors.engine.build import this_build
from services.cli.build import PACKAGES, write_archive
from tests.services.cli.test_maintenance import a_site, prepared
from tests.services.server import call


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The folder that comes out of an archive of this source."""
    folder = tmp_path_factory.mktemp("archives")
    with tarfile.open(write_archive(ROOT, this_build(), folder)) as archive:
        archive.extractall(folder, filter="data")
    return folder / f"commonwatt-{this_build()}"


def call_in(root, *arguments):
    """A command of the command line whose source is below `root`."""
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-m", "services.cli", *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_build_prints_the_build_and_where_its_archive_is(tmp_path):
    done = call("build", "--archive", str(tmp_path / "archives"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [this_build(), str(tmp_path / f"archives/commonwatt-{this_build()}.tar.gz")]
    assert [path.name for path in (tmp_path / "archives").iterdir()] == [f"commonwatt-{this_build()}.tar.gz"]


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path):
    (tmp_path / "archives").touch()
    done = call("build", "--archive", str(tmp_path / "archives"))
    assert done.returncode == 1
    assert "--archive" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_comes_out_of_an_archive_is_the_same_build(unpacked):
    assert call_in(unpacked, "build").stdout.split() == [this_build()]


def test_an_archive_holds_every_package_the_launcher_and_nothing_made(unpacked):
    assert set(PACKAGES) == {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    held = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    tracked = subprocess.check_output(["git", "ls-files", *PACKAGES], cwd=ROOT, text=True).split()
    assert set(tracked) <= held
    assert not [name for name in held if "__pycache__" in name or "node_modules" in name]
    assert os.access(unpacked / "commonwatt", os.X_OK)


def test_the_same_source_gives_the_same_bytes(tmp_path, unpacked):
    ours, theirs = (write_archive(root, this_build(), tmp_path / str(n)) for n, root in enumerate((ROOT, unpacked)))
    assert ours.read_bytes() == theirs.read_bytes()


def test_an_archive_that_is_there_stays(tmp_path):
    archive = write_archive(ROOT, this_build(), tmp_path)
    archive.write_bytes(b"as it was")
    assert write_archive(ROOT, this_build(), tmp_path) == archive
    assert archive.read_bytes() == b"as it was"


def test_each_build_of_a_log_proves_what_it_decided(tmp_path, unpacked):
    prepared(tmp_path / "data", (topics.inputs("registry"), entry(a_site("s1"))))
    prepared(tmp_path / "data", (topics.inputs("registry"), entry(a_site("s2"))), build="later")
    refused = call("replay", "--data", str(tmp_path / "data"))
    assert refused.returncode == 1
    assert "commonwatt-later.tar.gz" in refused.stderr
    assert "--to build-later" in refused.stderr
    replayed = call_in(unpacked, "replay", "--data", str(tmp_path / "data"), "--to", "build-later")
    assert replayed.returncode == 0, replayed.stderr
    assert "1 inputs        1 events  equal" in replayed.stdout
