"""A copy of parts of the source tree, which a test changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from commands.sources import ROOT


def copied(folder: Path, parts: Iterable[str]) -> Path:
    """Copy these top folders and files into a folder."""
    for part in parts:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, folder)
    return folder


def replaced(path: Path, was: str, becomes: str) -> None:
    """Replace the first occurrence of a text, which must be there."""
    text = path.read_text()
    assert was in text
    path.write_text(text.replace(was, becomes, 1))
