"""The name of a build, which its events carry: a replay compares the events of one build only."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

from commands.sources import ROOT, closure

RULES = (
    "processors.registry",
    "processors.vehicles",
    "processors.sites",
    "processors.load",
    "processors.engine.stream",
    "processors.engine.outputs",
)
"""The modules that make events and messages of inputs. Their imports belong to the build: domain, codec, routes.

Not so `host`, `replay`, `checkpoint` and `history`. They choose which inputs are handled and from which state on; the
bytes of an event follow from that input and that state alone. (A state that is folded again may know less; but that is
done only where its shape is another one, and then so is the build.)
"""
LOCK = "requirements.lock"


class NotLocked(Exception):
    """The rules import a package that the lock has not."""


@cache
def this_build() -> str:
    """The build that runs."""
    return build_of(ROOT)


def build_of(root: Path) -> str:
    """SHA-256 (first 16 hex digits) over what the rules below `root` do, and the versions of the packages among them.

    It does not depend on the Python that runs. Raises `UnknownImport` and `NotLocked`.
    """
    rules = closure(root, RULES)
    digest = hashlib.sha256()
    for name, content in [*rules.modules.items(), *_versions(root / LOCK, rules.packages).items()]:
        digest.update(f"{name}\0{content}\0".encode())
    return digest.hexdigest()[:16]


def _versions(lock: Path, imported: Collection[str]) -> Mapping[str, str]:
    """The locked version of each imported package, and of all that those need, by the lock's `# via` comments.

    A package must bear the name in the lock that it has in an import.
    """
    versions, needs = _read(lock)
    waiting = [name.replace("_", "-") for name in imported]
    found: dict[str, str] = {}
    while waiting:
        name = waiting.pop()
        if name not in versions:
            raise NotLocked(f"the rules import {name}, which is not in {lock.name}")
        if name not in found:
            found[name] = versions[name]
            waiting += needs.get(name, ())
    return dict(sorted(found.items()))


def _read(lock: Path) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Of each package in a lock its version, and the names of those that it needs."""
    versions: dict[str, str] = {}
    needs: dict[str, list[str]] = {}
    name = ""
    for line in lock.read_text().splitlines():
        if package := re.match(r"([\w.-]+)==([^\s;]+)", line):
            name = package[1]
            versions[name] = package[2]
        elif needed := re.match(r"\s+#   ([\w.-]+)|\s+# via ([\w.-]+)", line):
            needs.setdefault(needed[1] or needed[2], []).append(name)
    return versions, needs
