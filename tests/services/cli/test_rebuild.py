"""`./commonwatt rebuild` as its operator meets it, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text

from tests.services.base.test_databases import serving, settings_of
from tests.services.cli.test_serve import wait_until
from tests.services.server import Server, call

pytestmark = pytest.mark.server

SPOIL = text("UPDATE sites SET location_zone = 'spoilt'")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def spoil(url: URL | str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        assert connection.execute(SPOIL).rowcount == 1
    engine.dispose()


def zones(server: Server) -> list[str]:
    return [site["location"] for site in server.client.get("/sites").json()["sites"]]


def test_on_sqlite_the_server_is_stopped_first(data: Path) -> None:
    with serving(data, {}) as server:
        assert server.add_site().status_code == 201
        refused = call("rebuild", "--data", str(data))
        assert refused.returncode == 1
        assert "stop the server first" in refused.stderr
        assert str(server.process.pid) in refused.stderr
        assert "Traceback" not in refused.stderr
        password = server.password
    spoil(f"sqlite:///{data / 'read.sqlite3'}")
    done = call("rebuild", "--data", str(data))
    assert done.returncode == 0, done.stderr
    assert "100%" in done.stdout
    with serving(data, {}, password) as server:
        assert zones(server) == ["z"]


def test_on_postgresql_the_server_goes_on(data: Path, new_postgres_url: Callable[[], URL]) -> None:
    url = new_postgres_url()
    with serving(data, settings_of(url)) as server:
        assert server.add_site().status_code == 201
        spoil(url.update_query_dict({"options": "-c search_path=read_models"}))
        assert zones(server) == ["spoilt"]
        done = call("rebuild", "--data", str(data), "--database", url.render_as_string(hide_password=False))
        assert done.returncode == 0, done.stderr
        assert zones(server) == ["z"]
        assert server.add_site("s2").status_code == 201
        wait_until(lambda: zones(server) == ["z", "z"])


def test_what_can_t_be_rebuilt_says_why(data: Path, tmp_path: Path) -> None:
    nothing = call("rebuild", "--data", str(tmp_path / "elsewhere"))
    assert nothing.returncode == 1
    assert "there is no log" in nothing.stderr
    with serving(data, {}):
        pass
    refused = call("rebuild", "--data", str(data), "--database", "postgresql://me:hunter2@127.0.0.1:1/x")
    assert refused.returncode == 1
    assert "nothing was changed: COMMONWATT_READ_MODELS_URL: PostgreSQL at 127.0.0.1:1" in refused.stderr
    assert "hunter2" not in refused.stderr
