"""A whole server on PostgreSQL; and settings that can't be used, told by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, create_engine, inspect

from adapters.vault.migrations import newest
from services.base.databases import Databases
from services.base.settings import SettingsError
from services.local.questdb import QuestDb
from tests.postgres import Postgres
from tests.services.cli.test_serve import wait_until
from tests.services.server import Server, call

SECRET = "hunter2"
VIN = "WVWZZZAUZLW000001"
CHARGER = {"id": "c1", "site_id": "s1", "node": "p1", "phases": ["L1"], "max_a": 16, "voltage_v": 230}


def settings_of(url: URL) -> dict[str, str]:
    told = url.render_as_string(hide_password=False)
    return {"COMMONWATT_READ_MODELS_URL": told, "COMMONWATT_VAULT_URL": told.replace("+psycopg", "")}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@contextmanager
def serving(data: Path, settings: dict[str, str], password: str = "") -> Iterator[Server]:
    server = Server(data, password, settings)
    try:
        yield server
    finally:
        server.stop()


def tables(url: URL, schema: str) -> list[str]:
    engine = create_engine(url)
    try:
        return inspect(engine).get_table_names(schema)
    finally:
        engine.dispose()


def told(server: Server) -> dict[str, Any]:
    """All that there is to read, of both databases."""
    paths = ("sites", "vehicles", "sites/s1/queue", "sites/s1/chargers", "users")
    return {path: server.client.get(f"/{path}").json() for path in paths}


def test_a_server_on_postgresql_is_the_same_after_a_restart(
    data: Path, new_postgres_url: Callable[[], URL], tmp_path: Path
) -> None:
    url = new_postgres_url()
    with serving(data, settings_of(url)) as server:
        assert server.add_site().status_code == 201
        assert server.client.post("/chargers", json=CHARGER).status_code == 201
        vehicle = server.client.post("/vehicles", json={"vin": VIN, "battery_kwh": 60, "token": "CARD1"})
        assert vehicle.status_code == 201, vehicle.text
        asked = {"vehicle_id": vehicle.json()["id"], "site_id": "s1", "target_soc": 80, "current_soc": 20}
        asked["time_constraint_minutes"] = 90
        session = server.client.post("/sessions/request", json=asked)
        assert session.status_code in (201, 202), session.text
        path = f"/sessions/{session.json()['id']}"
        wait_until(lambda: server.client.get(path).json()["state"] == "queued")
        before, password = told(server), server.password
        assert before["vehicles"]["vehicles"][0]["vin"] == VIN
        assert server.client.get(f"{server.addresses.api}/readyz").json()["checks"]["database"] == "ok"
    assert {file.name for file in data.iterdir()}.isdisjoint({"read.sqlite3", "vault.sqlite3"})
    assert "sites" in tables(url, "read_models")
    assert "accounts" in tables(url, "vault")
    with serving(data, settings_of(url), password) as server:
        assert told(server) == before
        assert server.client.get(path).json()["state"] == "queued"


def test_a_server_outlives_its_postgresql(data: Path, fragile_postgres: Postgres) -> None:
    with serving(data, settings_of(fragile_postgres.new_database())) as server:
        assert server.add_site().status_code == 201
        fragile_postgres.kill()
        lost = server.client.get("/sites")
        assert lost.status_code == 503
        assert lost.json()["detail"] == "the database does not answer"
        assert lost.headers["Content-Type"] == "application/problem+json"
        assert lost.headers["Retry-After"] == "1"
        assert server.client.get(f"{server.addresses.api}/readyz").status_code == 503
        fragile_postgres.start()
        assert server.add_site("s2").status_code in (201, 202)
        wait_until(lambda: [site["id"] for site in server.client.get("/sites").json()["sites"]] == ["s1", "s2"])
        assert server.process.poll() is None


def test_a_token_comes_from_the_vault_that_the_settings_name(data: Path, new_postgres_url: Callable[[], URL]) -> None:
    settings = settings_of(new_postgres_url())
    with serving(data, settings) as server:
        issued = call("token", "--user", "operator@localhost", "--data", str(data), settings=settings)
        assert issued.returncode == 0, issued.stderr
        bearer = {"Authorization": f"Bearer {issued.stdout.strip()}"}
        assert server.client.get("/sites", headers=bearer).status_code == 200


def test_a_vault_is_migrated_by_a_command_too(data: Path, new_postgres_url: Callable[[], URL]) -> None:
    url = new_postgres_url()
    for _ in range(2):
        done = call("migrate", "--data", str(data), settings=settings_of(url))
        assert (done.returncode, done.stdout) == (0, f"the vault is at {newest()}\n"), done.stderr
    assert "accounts" in tables(url, "vault")


def test_a_vault_that_was_sealed_with_another_key_is_refused(
    data: Path, new_postgres_url: Callable[[], URL], tmp_path: Path
) -> None:
    settings = settings_of(new_postgres_url())
    with serving(data, settings):
        pass
    elsewhere = tmp_path / "elsewhere"
    refused = call("serve", "--data", str(elsewhere), "--port", "0", "--ocpp-port", "0", settings=settings)
    assert refused.returncode == 1
    assert "can't be opened with its key" in refused.stderr
    assert "Traceback" not in refused.stderr


def open_both(data: Path) -> None:
    databases = Databases.from_settings()
    databases.open_read_models(data).close()
    databases.open_vault(data).close()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"port": 1}, "PostgreSQL at 127.0.0.1:1, database postgres: connection failed"),
        ({"host": "no-such-host.invalid"}, "no-such-host.invalid"),
        ({"password": SECRET}, "password authentication failed"),
        ({"database": "nowhere"}, 'database "nowhere" does not exist'),
        ({"drivername": "mysql"}, "must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE, not mysql://"),
        ({"database": ""}, "it names no database"),
    ],
)
@pytest.mark.parametrize("name", ["COMMONWATT_READ_MODELS_URL", "COMMONWATT_VAULT_URL"])
def test_a_database_that_can_t_be_used_is_named(
    data: Path, postgres: Postgres, name: str, changed: dict[str, Any], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, postgres.url().set(**changed).render_as_string(hide_password=False))
    with pytest.raises(SettingsError) as refused:
        open_both(data)
    assert str(refused.value).startswith(f"{name}: ")
    assert reason in str(refused.value)
    for secret in (SECRET, postgres.password):
        assert secret not in str(refused.value)


def test_a_server_that_can_t_use_its_database_says_so_and_does_not_start(data: Path, postgres: Postgres) -> None:
    settings = settings_of(postgres.url().set(password=SECRET))
    refused = call("serve", "--data", str(data), "--port", "0", "--ocpp-port", "0", settings=settings)
    assert refused.returncode == 1
    assert refused.stderr.startswith("COMMONWATT_READ_MODELS_URL: PostgreSQL at ")
    assert "Traceback" not in refused.stderr
    assert SECRET not in refused.stderr + refused.stdout


def test_settings_come_from_a_file_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "commonwatt.env"
    file.write_text(f"COMMONWATT_VAULT_URL=postgresql://me:{SECRET}@db:5433/vault\n")
    monkeypatch.setenv("COMMONWATT_SETTINGS", str(file))
    databases = Databases.from_settings()
    assert databases.read_models_url is None
    assert databases.vault_url is not None
    assert (databases.vault_url.host, databases.vault_url.port, databases.vault_url.password) == ("db", 5433, SECRET)
    assert SECRET not in repr(databases)
    monkeypatch.setenv("COMMONWATT_SETTINGS", str(tmp_path / "missing"))
    with pytest.raises(SettingsError, match="COMMONWATT_SETTINGS: there is no file"):
        Databases.from_settings()


@pytest.mark.parametrize("value", ["", "nonsense", f"postgresql://me:{SECRET}@host:port/x", "sqlite:///vault.sqlite3"])
def test_a_url_of_another_form_is_refused_without_repeating_it(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONWATT_VAULT_URL", value)
    with pytest.raises(SettingsError, match="COMMONWATT_VAULT_URL: must be postgresql://") as refused:
        Databases.from_settings()
    assert SECRET not in str(refused.value)


def test_readings_are_in_the_questdb_that_the_settings_name(data: Path, own_questdb: QuestDb) -> None:
    settings = {"COMMONWATT_TIME_SERIES_URL": own_questdb.url}
    with serving(data, settings) as server:
        server.client.post("/vehicles", json={"vin": VIN})
        reading = {"observed_at": datetime.now(UTC).isoformat(), "soc": 42.5}
        assert server.client.post(f"/vehicles/{VIN}/telemetry", json=reading).status_code == 202
        password = server.password
        wait_until(lambda: server.client.get(f"/vehicles/{VIN}/telemetry").json()["telemetry"])
    assert not (data / "series.sqlite3").exists()
    with serving(data, settings, password) as again:
        [kept] = again.client.get(f"/vehicles/{VIN}/telemetry").json()["telemetry"]
        assert (kept["type"], kept["value"]) == ("soc", 42.5)


def test_a_questdb_that_can_t_be_used_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONWATT_TIME_SERIES_URL", f"postgresql://admin:{SECRET}@127.0.0.1:1/qdb")
    with pytest.raises(SettingsError, match="COMMONWATT_TIME_SERIES_URL: ") as told:
        Databases.from_settings().open_series(data)
    assert SECRET not in str(told.value)
