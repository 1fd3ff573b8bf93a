"""A full disk: what is not stored is not acknowledged, and with space everything goes on, without a restart."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from tests.services.cli.test_serve import wait_until
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
    stored = ["s0"]
    assert server.add_site("s0").status_code == 201
    while (answer := server.add_site(f"s{len(stored)}")).status_code != 503:
        assert answer.status_code in (201, 202), answer.text  # 202: stored, and decided when there is space
        stored.append(f"s{len(stored)}")
    assert "nothing was stored" in answer.json()["detail"]
    assert "no space is left" in answer.json()["detail"]
    assert answer.headers["Retry-After"]
    assert server.client.get("/sites").status_code == 200

    assert "waiting for space" in server.said.read_text()
    let_files_grow(server, HARD)
    assert server.add_site("after").status_code in (201, 202)
    wait_until(lambda: sites(server) == {*stored, "after"})
    server.stop()
    replayed = call("replay", "--data", str(server.data))
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr


def sites(server: Server) -> set[str]:
    return {site["id"] for site in server.client.get("/sites").json()["sites"]}
