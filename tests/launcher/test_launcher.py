"""The launcher prepares the environment when it must, and only then; it says in clear words what it can't do."""

import ast
import os
from pathlib import Path

import pytest

from tests.launcher.checkout import ASSETS, ROOT, Checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout.make(tmp_path)


def test_the_first_call_prepares_and_later_calls_only_run(checkout):
    first = checkout.call("demo", "data/x")
    assert first.stdout == f"ran -m services.cli demo data/x in {checkout.path.parent} with {checkout.root}\n"
    assert first.stderr.splitlines()[0].startswith("commonwatt: Preparing the environment")
    assert first.stderr.splitlines()[1].startswith("commonwatt: Ready after")
    assert checkout.calls() == ["venv", "requirements.lock", "npm ci"]

    later = checkout.call("demo", "data/x")
    assert (later.stdout, later.stderr) == (first.stdout, "")
    assert checkout.calls() == []


def test_packages_are_installed_by_hash_and_as_locked(checkout):
    checkout.call("demo")
    [_, pip, _] = checkout.calls_file.read_text().splitlines()
    assert "--require-hashes" in pip
    assert "--no-deps" in pip


@pytest.mark.parametrize("command", ["test", "campaign"])
def test_only_the_tests_need_the_development_lock(checkout, command):
    checkout.call("demo")
    checkout.calls()
    checkout.call(command)
    assert checkout.calls() == ["requirements-dev.lock"]
    checkout.call(command)
    checkout.call("demo")
    assert checkout.calls() == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_changed_lock_is_installed_again(checkout, lock):
    checkout.call("test")
    assert checkout.calls() == ["venv", "requirements.lock", "requirements-dev.lock", "npm ci"]
    checkout.write_lock(lock, "second")
    checkout.call("test")
    assert checkout.calls() == [lock]


def test_a_call_through_a_link_finds_its_checkout(checkout):
    link = checkout.path / "commonwatt"
    link.symlink_to(checkout.root / "commonwatt")
    assert Checkout(checkout.path, checkout.path).call("demo").stdout.endswith(f"with {checkout.root}\n")


def test_two_first_calls_at_once_prepare_once(checkout, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with checkout.start("demo", FAKE_PIP=f"cat {gate}") as first:
        first.stderr.readline()
        with gate.open("w"):  # returns once pip reads, and pip waits until it is closed
            second = checkout.start("demo")
            assert "Another call" in second.stderr.readline()
        with second:
            assert second.stdout.read().startswith("ran ")
        assert first.stdout.read().startswith("ran ")
    assert (first.returncode, second.returncode) == (0, 0)
    assert checkout.calls() == ["venv", "requirements.lock", "npm ci"]


def test_after_an_interruption_the_environment_is_made_anew_and_not_before_the_orphan_has_gone(checkout, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with checkout.start("demo", FAKE_PIP=f"cat {gate}") as first, gate.open("w"):
        first.kill()
        next_call = checkout.start("demo")
        assert "Another call" in next_call.stderr.readline()
    with next_call:
        assert next_call.stdout.read().startswith("ran ")
    assert checkout.calls() == ["venv", "requirements.lock", "venv", "requirements.lock", "npm ci"]


def test_an_environment_without_its_python_is_made_anew(checkout):
    checkout.call("demo")
    checkout.calls()
    python = checkout.root / ".venv/bin/python"
    python.unlink()
    python.symlink_to(checkout.path / "removed")
    assert checkout.call("demo").stdout.startswith("ran ")
    assert checkout.calls() == ["venv", "requirements.lock"]


def test_an_environment_whose_python_became_another_version_is_made_anew(checkout):
    checkout.call("demo")
    checkout.calls()
    checkout.add_python("3.12").replace(checkout.root / ".venv/bin/python")
    assert checkout.call("demo").stdout.startswith("ran ")
    assert checkout.calls() == ["venv", "requirements.lock"]


def test_a_wrong_python_looks_for_one_that_really_works(checkout):
    wrong = checkout.add_python("3.9", name="python3")
    checkout.path.joinpath("python3.13").write_text("#!/bin/sh\necho 'not installed' >&2; exit 127")
    checkout.add_python("3.12")
    assert checkout.call("demo", python=wrong).stdout.startswith("ran ")
    assert (checkout.root / ".venv/lib/python3.12").exists()


def test_without_a_right_python_the_user_learns_which_is_needed(checkout):
    wrong = checkout.add_python("3.9", name="python3")
    for version in ["3.11", "3.12", "3.13"]:
        checkout.add_python("3.9", name=f"python{version}")
    assert_told(checkout.call("demo", python=wrong), "Python 3.11, 3.12 or 3.13 is needed")


def test_a_python_that_is_chosen_has_an_environment_of_its_own(checkout):
    checkout.add_python("3.12")
    checkout.call("demo")
    checkout.calls()
    assert checkout.call("test", COMMONWATT_PYTHON="3.12").stdout.startswith("ran ")
    assert checkout.calls() == ["venv", "requirements.lock", "requirements-dev.lock"]
    assert (checkout.root / ".venv-3.12/lib/python3.12").exists()
    checkout.call("demo", COMMONWATT_PYTHON="3.12")
    checkout.call("demo")
    assert checkout.calls() == []


def test_a_python_that_is_chosen_and_is_not_here_is_named(checkout):
    checkout.path.joinpath("python3.12").write_text("#!/bin/sh\nexit 127")
    assert_told(checkout.call("demo", COMMONWATT_PYTHON="3.12"), "Python 3.12 (COMMONWATT_PYTHON) is needed")
    assert_told(checkout.call("demo", COMMONWATT_PYTHON="3.9"), "it must be 3.11, 3.12 or 3.13")
    assert checkout.calls() == []


def test_even_an_old_python_understands_the_launcher():
    ast.parse((ROOT / "commonwatt").read_text(), feature_version=(3, 6))


FULL = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
REFUSED = "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError': Connection refused"
UNRESOLVED = "ERROR: Failed to resolve 'index.invalid' ([Errno -3] Temporary failure in name resolution)"


@pytest.mark.parametrize(
    ("step", "output", "words"),
    [
        ("FAKE_VENV", "Error: [Errno 28] No space left on device: '.venv'", "The disk is full"),
        ("FAKE_PIP", FULL, "The disk is full"),
        ("FAKE_PIP", REFUSED, "No network"),
        ("FAKE_PIP", UNRESOLVED, "No network"),
        ("FAKE_VENV", "The virtual environment was not created: ensurepip is not available.", "python3-venv"),
        ("FAKE_VENV", "/usr/bin/python3: No module named venv", "python3-venv"),
        ("FAKE_VENV", "Error: [Errno 30] Read-only file system: '.venv'", "Can't write to"),
        ("FAKE_VENV", "Error: [Errno 13] Permission denied: '.venv'", "Can't write to"),
        ("FAKE_PIP", "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "DO NOT MATCH THE HASHES"),
    ],
)
def test_troubles_are_told_in_clear_words_and_the_next_call_starts_over(checkout, step, output, words):
    assert_told(checkout.call("demo", **{step: f'echo "{output}"; exit 1'}), words)
    checkout.calls()
    assert checkout.call("demo").stdout.startswith("ran ")
    assert checkout.calls() == ["venv", "requirements.lock", "npm ci"]


def test_a_full_disk_under_the_launcher_itself_is_told_too(checkout):
    filled = checkout.call("demo", FAKE_PIP='ln -s /dev/full "$(dirname "$0")/../installed"')
    assert_told(filled, "The disk is full")


def test_a_lock_that_cannot_be_fetched_leaves_the_environment_usable(checkout):
    checkout.call("demo")
    checkout.write_lock("requirements.lock", "second")
    assert_told(checkout.call("demo", FAKE_PIP=f'echo "{REFUSED}"; exit 1'), "No network")
    checkout.calls()
    checkout.write_lock("requirements.lock", "first")
    assert checkout.call("demo").stdout.startswith("ran ")
    assert checkout.calls() == []


def test_what_the_pages_load_is_fetched_as_locked_and_again_when_the_lock_changes(checkout):
    checkout.call("demo")
    assert checkout.calls_file.read_text().splitlines()[-1] == f"npm ci in {checkout.root}/api/web"
    checkout.calls()
    checkout.write_lock(ASSETS, "second")
    assert checkout.call("demo").stdout.startswith("ran ")
    assert checkout.calls() == ["npm ci"]
    checkout.call("demo")
    assert checkout.calls() == []


@pytest.mark.parametrize("version", [None, 6])
def test_a_machine_without_a_usable_npm_gets_one_of_its_own_once(checkout, version):
    checkout.path.joinpath("npm").write_text("#!/bin/sh\nexit 127")
    if version:
        checkout.add_npm(version)
    assert checkout.call("demo").stdout.startswith("ran ")
    assert checkout.calls() == ["venv", "requirements.lock", "requirements-npm.lock", "own-npm ci"]
    checkout.write_lock(ASSETS, "second")
    checkout.call("demo")
    assert checkout.calls() == ["own-npm ci"]


NPM_REFUSED = "npm error code ECONNREFUSED"
NPM_UNRESOLVED = "npm error network request failed, reason: getaddrinfo ENOTFOUND registry.invalid"
NPM_TAMPERED = "npm error code EINTEGRITY"
NPM_FULL = "npm error code ENOSPC: no space left on device, write"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (NPM_REFUSED, "npm can't reach its registry"),
        (NPM_UNRESOLVED, "npm can't reach its registry"),
        (NPM_TAMPERED, "EINTEGRITY"),
        (NPM_FULL, "The disk is full"),
    ],
)
def test_without_what_the_pages_load_the_server_runs_and_the_user_learns_how_to_fetch_it(checkout, output, words):
    failing = f'echo "{output}"; exit 1'
    without = checkout.call("demo", FAKE_NPM=failing)
    assert without.stdout.startswith("ran ")
    assert words in without.stderr
    assert "./commonwatt assets" in without.stderr
    checkout.calls()
    assert checkout.call("demo", FAKE_NPM=failing).stderr == ""
    assert checkout.calls() == []  # told once, tried once
    assert_told(checkout.call("assets", FAKE_NPM=failing), words)
    checkout.calls()
    assert checkout.call("assets").stdout.startswith("ran ")
    assert checkout.calls() == ["npm ci"]
    assert checkout.call("demo").stderr == ""


def test_without_network_for_our_own_npm_the_server_runs_too(checkout):
    checkout.path.joinpath("npm").write_text("#!/bin/sh\nexit 127")
    failing = f'case "$*" in *npm.lock) echo "{UNRESOLVED}"; exit 1;; esac'
    without = checkout.call("demo", FAKE_PIP=failing)
    assert without.stdout.startswith("ran ")
    assert "No network" in without.stderr


def test_fetching_that_was_interrupted_is_done_again(checkout, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with checkout.start("demo", FAKE_NPM=f"cat {gate}") as first, gate.open("w"):
        first.kill()
    checkout.calls()
    assert checkout.call("demo").stdout.startswith("ran ")
    assert checkout.calls() == ["npm ci"]


def assert_told(call, words):
    assert call.returncode == 1
    assert words in call.stderr
    assert "Traceback" not in call.stderr
    assert call.stdout == ""
