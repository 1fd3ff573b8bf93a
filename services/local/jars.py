"""The jars of a server from Maven Central, fetched by `jgo`."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def jars_of(endpoint: str, folder: Path) -> list[str]:
    """The jars of an endpoint, as links in `folder`, where they stay. Raises what jgo raises, which may be anything.

    jgo links its own folder anew at each call: a server that starts meanwhile would not find what it is made of.
    """
    own = folder / "jars"
    if not own.exists():
        import jgo

        made = folder / "jars.new"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        with _alone():
            for jar in jgo.build(endpoint).all_jars:
                _link(Path(jar), made / Path(jar).name)
        made.rename(own)
    return sorted(map(str, own.iterdir()))


def _link(jar: Path, target: Path) -> None:
    try:
        os.link(jar, target)
    except OSError:  # another file system
        shutil.copyfile(jar, target)


@contextmanager
def _alone() -> Iterator[None]:
    """One process of this machine and user at a time."""
    with Path(tempfile.gettempdir(), f"commonwatt-jgo-{os.getuid()}.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
