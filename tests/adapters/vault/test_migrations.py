"""The vault's tables come to this build's version by themselves, and lose nothing on the way."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, inspect, text

from adapters.database import Database
from adapters.vault.keys import VaultError
from adapters.vault.migrations import TABLE, newest, version
from adapters.vault.tables import METADATA
from adapters.vault.vault import SCHEMA, Vault

VIN = "WVWZZZ1JZXW000001"


def test_migrated_tables_are_the_ones_that_the_code_knows(vault: Vault) -> None:
    with vault.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
        assert version(connection) == newest()
        assert _uniques(connection) == {("accounts", "email_mac"), ("vehicle_vins", "vin_mac")}


def _uniques(connection: object) -> set[tuple[str, ...]]:
    found = inspect(connection)
    return {
        (table.name, *unique["column_names"])
        for table in METADATA.sorted_tables
        for unique in found.get_unique_constraints(table.name)
    }


async def test_a_vault_from_before_migrations_keeps_what_it_has(vault: Vault, open_vault: Callable[[], Vault]) -> None:
    await vault.vehicles.add("v1", VIN, "CARD1")
    await vault.database.write(lambda connection: connection.execute(text(f"DROP TABLE {TABLE}")))
    again = open_vault()
    assert await again.vehicles.vins(["v1"]) == {"v1": VIN}
    assert await again.database.read(version) == newest()


async def test_a_vault_of_a_newer_build_is_refused(vault: Vault, open_vault: Callable[[], Vault]) -> None:
    newer = text(f"UPDATE {TABLE} SET version_num = '9999_from_the_future'")
    await vault.database.write(lambda connection: connection.execute(newer))
    with pytest.raises(VaultError, match=r"a newer build .* 9999_from_the_future"):
        open_vault()
    assert await vault.database.read(version) == "9999_from_the_future"


def test_of_many_processes_that_open_a_new_one_all_get_it(vault_url: URL | None, tmp_path: Path) -> None:
    failed: list[Exception] = []

    def open_and_close() -> None:
        try:
            Vault.open(tmp_path, vault_url).close()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=open_and_close) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_migration_that_fails_leaves_nothing(
    vault_url: URL | None, open_vault: Callable[[], Vault], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("alembic.op.create_index", _fail)
    with pytest.raises(ZeroDivisionError):
        open_vault()
    monkeypatch.undo()
    database = Database(vault_url or f"sqlite:///{tmp_path / 'vault.sqlite3'}", durable=True, schema=SCHEMA)
    with database.engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    database.close()
    open_vault()


def _fail(*_: object, **__: object) -> None:
    raise ZeroDivisionError
