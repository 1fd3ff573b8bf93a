"""The schemas of earlier versions, as git has them."""

import io
import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from services.cli.schemas import ASYNCAPI, OPENAPI

ROOT = Path(__file__).resolve().parents[2]

Schemas = dict[str, dict[str, Any]]


def in_folder() -> Schemas:
    return _of_records({path: json.loads(path.read_text()) for path in (ROOT / "schemas").glob("*.json")})


def last_commits() -> list[str]:
    """The commit that this checkout is at, and the one before it; none where there is no git, or no commit."""
    try:
        return _git("rev-list", "--max-count=2", "--first-parent", "HEAD").decode().split()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return []


def at_commit(commit: str) -> Schemas:
    """Empty where that commit had none yet."""
    if not _git("ls-tree", commit, "schemas/"):
        return {}
    with tarfile.open(fileobj=io.BytesIO(_git("archive", commit, "schemas"))) as archive:
        files = {Path(member.name): archive.extractfile(member) for member in archive.getmembers()}
        return _of_records({path: json.load(file) for path, file in files.items() if file is not None})


def _of_records(files: dict[Path, dict[str, Any]]) -> Schemas:
    """Without the documents of the topics and of the API, which lie in the same folder."""
    return {path.stem: document for path, document in files.items() if path.stem not in (ASYNCAPI, OPENAPI)}


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout
