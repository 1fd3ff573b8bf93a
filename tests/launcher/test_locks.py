"""The locks say exactly what is installed, anywhere, and agree with pyproject.toml."""

import json
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.launcher.checkout import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SERVER = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
DEMO, DEVELOPMENT, NPM = (
    [Requirement(line) for line in PROJECT["dependency-groups"][group]] for group in ("demo", "dev", "npm")
)
MODULES = {
    "argon2-cffi": "argon2",
    "faust-streaming": "faust",
    "opentelemetry-api": "opentelemetry",
    "opentelemetry-exporter-otlp-proto-http": "opentelemetry",
    "opentelemetry-sdk": "opentelemetry",
}
"""Packages whose module has another name."""
LOCKS = {
    "requirements.lock": SERVER + DEMO,
    "requirements-server.lock": SERVER,
    "requirements-dev.lock": DEVELOPMENT,
    "requirements-npm.lock": NPM,
}
PAGES = ROOT / "api/web"
STACK = ROOT / "tests/stacks/npm"


def locked(lock: str) -> dict[str, str]:
    """Name -> version."""
    return dict(re.findall(r"^(\S+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_no_folder(lock):
    assert re.findall(r"://|^-|\s/|file:|@ ", (ROOT / lock).read_text(), re.MULTILINE) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_locked_with_hashes(lock):
    entries = (ROOT / lock).read_text().replace("\\\n", "")
    for line in entries.splitlines():
        assert line.lstrip().startswith("#") or re.fullmatch(r"\S+==\S+( ; [^\\]+?)?( +--hash=sha256:\w{64})+", line)


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_is_up_to_date_with_pyproject(lock):
    versions = locked(lock)
    for requirement in LOCKS[lock]:
        assert versions[canonicalize_name(requirement.name)] in requirement.specifier


def test_the_locks_agree():
    runtime, development = locked("requirements.lock"), locked("requirements-dev.lock")
    shared = runtime.keys() & development.keys()
    assert {name: runtime[name] for name in shared} == {name: development[name] for name in shared}


def test_the_container_image_has_all_but_the_packages_of_the_demo():
    rest = locked("requirements.lock").items() - locked("requirements-server.lock").items()
    assert {name for name, _ in rest} == {requirement.name for requirement in DEMO}
    assert locked("requirements-server.lock").items() <= locked("requirements.lock").items()


def test_the_domain_may_import_no_dependency_but_pydantic():
    [pure] = [c for c in PROJECT["tool"]["importlinter"]["contracts"] if c.get("source_modules") == ["domain"]]
    modules = {MODULES.get(requirement.name, requirement.name.replace("-", "_")) for requirement in SERVER + DEMO}
    assert modules - set(pure["forbidden_modules"]) == {"pydantic"}


@pytest.mark.parametrize("folder", [PAGES, STACK], ids=["pages", "stack"])
def test_what_comes_from_npm_is_locked_with_digests_and_without_a_host(folder):
    wanted = json.loads((folder / "package.json").read_text())
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    for package in packages.values():
        package.pop("funding", None)
    assert "://" not in json.dumps(packages)
    assert not any("resolved" in package for package in packages.values())
    root = packages.pop("")
    versions = {name.removeprefix("node_modules/"): one["version"] for name, one in packages.items()}
    for group in ("dependencies", "devDependencies"):
        assert root.get(group) == wanted.get(group)
        assert versions.items() >= wanted.get(group, {}).items()
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())


def test_the_pages_load_what_they_name_and_nothing_else():
    packages = json.loads((PAGES / "package-lock.json").read_text())["packages"]
    loaded = {name for name, one in packages.items() if name and not one.get("dev")}
    assert loaded == {
        f"node_modules/{name}" for name in json.loads((PAGES / "package.json").read_text())["dependencies"]
    }
