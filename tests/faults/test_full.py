"""A full disk: what is not stored is not acknowledged, and with space everything goes on, without a restart."""

from __future__ import annotations

import resource
from itertools import count
from pathlib import Path

import pytest

from tests.services.server import Server, call

ROOM_BYTES = 60_000
HARD = resource.getrlimit(resource.RLIMIT_FSIZE)[1]


@pytest.fixture
def server(tmp_path: Path):
    (tmp_path / "data").mkdir()
    running = Server(tmp_path / "data")
    yield running
    if running.process.poll() is None:
        running.stop()


def let_files_grow(server: Server, to_bytes: int) -> None:
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (to_bytes, HARD))


def test_a_full_disk_loses_nothing_and_is_survived(server: Server) -> None:
    largest = max(file.stat().st_size for file in server.data.iterdir())
    let_files_grow(server, largest + ROOM_BYTES)
    stored, refused = [], []
    for number in count():
        answer = server.add_site(f"s{number}")
        if answer.status_code == 503:
            refused.append(f"s{number}")
            break
        assert answer.status_code in (201, 202), answer.text
        stored.append(f"s{number}")
    assert stored
    assert "nothing was stored" in answer.json()["detail"]
    assert "no space is left" in answer.json()["detail"]
    assert answer.headers["Retry-After"]

    let_files_grow(server, HARD)
    while (answer := server.add_site("after")).status_code == 503:
        pass
    assert answer.status_code in (201, 202, 409)
    assert server.process.poll() is None
    server.stop()
    again = Server(server.data, key=server.key)
    try:
        assert {site["id"] for site in again.client.get("/sites").json()["sites"]} == {*stored, "after"}
    finally:
        again.stop()
    replayed = call("replay", "--data", str(server.data))
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
