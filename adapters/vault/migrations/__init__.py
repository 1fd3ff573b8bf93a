"""The migrations of the vault: its data can't be rebuilt, so a new build changes the tables in place.

A change of the tables is a new file in `versions/`, which names the one before it.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from adapters.database import Database
from adapters.vault.keys import VaultError

HERE = Path(str(files("adapters.vault.migrations")))
TABLE = "alembic_version"


def migrate(database: Database) -> None:
    """Bring the tables to this build's version, all the way or not at all. Of several processes at once, one does it.

    Raises `VaultError` if a newer build has migrated them.
    """
    database.create_schema()
    with database.alone() as connection:
        if version(connection) != newest():
            _upgrade(connection)


def newest() -> str:
    """The version of this build. Files are named by their version."""
    return max(file.stem for file in (HERE / "versions").glob("[0-9]*.py"))


def version(connection: Connection) -> str | None:
    """The version of the tables; None before the first migration."""
    if not inspect(connection).has_table(TABLE):
        return None
    number: str | None = connection.scalar(text(f"SELECT version_num FROM {TABLE}"))
    return number


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    now = version(connection)
    if now not in {None, *(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())}:
        raise VaultError(f"a newer build of Commonwatt has migrated the vault, to {now}: use that one")
    command.upgrade(config, "head")
