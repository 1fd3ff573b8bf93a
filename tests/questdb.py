"""One real QuestDB for a whole run of the tests, and servers of their own for the tests that kill them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from services.local.java_server import JavaServerError
from services.local.questdb import QuestDb, running
from tests.shared_server import Description, serve, shared, shared_server

ENABLE = ".venv/bin/python -m services.local.questdb (fetches QuestDB from Maven Central, once)"


@pytest.fixture(scope="session")
def questdb_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of the server of this run; where there can be none, the test is skipped with the command that enables it."""
    with shared_server(shared(tmp_path_factory), __name__) as description:
        if "error" in description:
            _skip(description["error"])
        yield description["url"]


@pytest.fixture
def own_questdb(tmp_path: Path) -> Iterator[QuestDb]:
    """A server that the test may kill."""
    try:
        with running(tmp_path / "questdb") as server:
            yield server
    except JavaServerError as error:
        _skip(str(error))


def _skip(why: str) -> None:
    pytest.skip(f"no QuestDB here ({why}); enable with: {ENABLE}")


@contextmanager
def _running(folder: Path) -> Iterator[Description]:
    with running(folder / uuid4().hex) as server:  # the one before may not have gone yet
        yield {"url": server.url}


if __name__ == "__main__":
    home = Path(sys.argv[1])
    serve(home, _running(home))
