"""A damaged page: the server says which file and what to do, and doing that brings it back."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.services.server import Server, call

PAGE_BYTES = 4096


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def back_up(file: Path, copy: Path) -> None:
    """What `sqlite3 log.sqlite3 ".backup copy.sqlite3"` does, beside the server."""
    source, target = sqlite3.connect(file), sqlite3.connect(copy)
    source.backup(target)
    source.close()
    target.close()


def damage_page(file: Path, holding: bytes) -> None:
    content = file.read_bytes()
    _damage(file, [content.index(holding) // PAGE_BYTES])


def damage_pages(file: Path, holding: bytes) -> None:
    """All of them: some a running server still has in its cache."""
    content = file.read_bytes()
    pages = range(len(content) // PAGE_BYTES)
    _damage(file, [page for page in pages if holding in content[page * PAGE_BYTES :][:PAGE_BYTES]])


def _damage(file: Path, pages: Sequence[int]) -> None:
    with file.open("r+b") as opened:
        for page in pages:
            opened.seek(page * PAGE_BYTES)
            opened.write(b"\xa5" * PAGE_BYTES)


def sites(server: Server) -> list[str]:
    return [site["id"] for site in server.client.get("/sites").json()["sites"]]


def test_a_damaged_page_is_named_and_the_recovery_brings_the_server_back(data: Path, tmp_path: Path) -> None:
    server = Server(data)
    assert server.add_site("s1").status_code == 201
    back_up(data / "log.sqlite3", tmp_path / "copy.sqlite3")
    assert server.add_site("s2").status_code == 201
    server.stop()

    damage_page(data / "log.sqlite3", b'"site_id":"s2"')
    refused = call("serve", "--data", str(data), "--port", "0", "--ocpp-port", "0")
    assert refused.returncode == 1
    for word in ("log.sqlite3 is damaged", "nothing was acknowledged", "docs/recovery.md"):
        assert word in refused.stderr
    assert "Traceback" not in refused.stderr

    shutil.copy(tmp_path / "copy.sqlite3", data / "log.sqlite3")
    for left_over in ("log.sqlite3-wal", "log.sqlite3-shm"):
        (data / left_over).unlink(missing_ok=True)
    again = Server(data, password=server.password)
    try:
        assert sites(again) == ["s1"]
        assert again.add_site("s2").status_code == 201
        assert sites(again) == ["s1", "s2"]
    finally:
        again.stop()
    replayed = call("replay", "--data", str(data))
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr


def test_a_page_damaged_under_a_running_server_is_named_and_nothing_is_acknowledged_on_it(data: Path) -> None:
    server = Server(data)
    assert server.add_site("s1").status_code == 201
    server.stop()  # so that all of it lies in the file itself
    again = Server(data, password=server.password)
    try:
        damage_pages(data / "log.sqlite3", b'"site_id":"s1"')
        met = again.add_site("s2")  # the next to touch it
    finally:
        again.stop()
    assert met.status_code == 503
    assert "log.sqlite3 is damaged" in met.json()["detail"]
    refused = call("serve", "--data", str(data), "--port", "0", "--ocpp-port", "0")
    assert refused.returncode == 1
    for word in ("log.sqlite3 is damaged", "nothing was acknowledged", "docs/recovery.md"):
        assert word in refused.stderr
