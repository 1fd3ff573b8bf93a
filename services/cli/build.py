"""`./commonwatt build`: the name of this build, and its source as an archive for later replays."""

from __future__ import annotations

import gzip
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

PACKAGES = ("adapters", "api", "commands", "domain", "processors", "projections", "services", "simulators")
FILES = ("commonwatt", "pyproject.toml", "requirements.lock", "requirements-npm.lock")
MADE = {"__pycache__", "node_modules"}
"""Folders that are made from the source."""

FOLDER = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Write the source to this folder, as commonwatt-BUILD.tar.gz.")
]


def build(archive: FOLDER = None) -> None:
    """Print the build: a hash over the rules and their imports. Every event names the build that decided it.

    Only the same build can replay its events. Keep an archive of each build that ran: see docs/recovery.md.
    """
    from commands.sources import ROOT
    from processors.engine.build import this_build

    typer.echo(this_build())
    if archive is not None:
        try:
            typer.echo(write_archive(ROOT, this_build(), archive))
        except OSError as error:
            typer.echo(f"--archive: {error}", err=True)
            raise typer.Exit(1) from None


def archive_name(build: str) -> str:
    """The file name of a build's source."""
    return f"commonwatt-{build}.tar.gz"


def write_archive(root: Path, build: str, folder: Path) -> Path:
    """Write what runs, below `root`, into `folder`; the same source gives the same bytes. Raises `OSError`.

    One of this build that is there already stays: whatever else it holds, it decides the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / archive_name(build)
    if not archive.exists():
        unfinished = archive.with_name(f"{archive.name}.{os.getpid()}")
        with (
            unfinished.open("wb") as file,
            gzip.GzipFile("", "wb", mtime=0, fileobj=file) as packed,
            tarfile.open(fileobj=packed, mode="w") as content,
        ):
            for path in _sources(root):
                name = path.relative_to(root).as_posix()
                content.add(path, f"commonwatt-{build}/{name}", recursive=False, filter=_impersonal)
        unfinished.replace(archive)
    return archive


def _sources(root: Path) -> Iterator[Path]:
    yield from (root / name for name in FILES)
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.is_file() and not MADE.intersection(path.relative_to(root).parts):
                yield path


def _impersonal(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """The entry without what depends on who checked the source out, and when."""
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.mode & 0o100 else 0o644
    return entry
