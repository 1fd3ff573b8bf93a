"""The name of this build: what decided, so that a replay never blames one build for the events of another."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES = ("domain", "commands", "processors")
LOCK = "requirements.lock"


def build_of(root: Path) -> str:
    """SHA-256 (first 16 hex digits) over the sources of the rules below `root` and their locked dependencies."""
    digest = hashlib.sha256()
    sources = sorted(path for name in RULES for path in (root / name).rglob("*.py"))
    for path in [*sources, root / LOCK]:
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(b"\0")
        digest.update(path.read_bytes())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


@cache
def this_build() -> str:
    """The build that runs."""
    return build_of(ROOT)
