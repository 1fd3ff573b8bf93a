"""The databases beside the log: SQLite files in the data folder, unless the settings name others.

    COMMONWATT_READ_MODELS_URL=postgresql://USER:PASSWORD@HOST:PORT/DATABASE
    COMMONWATT_VAULT_URL=postgresql://USER:PASSWORD@HOST:PORT/DATABASE
    COMMONWATT_TIME_SERIES_URL=postgresql://USER:PASSWORD@HOST:8812/qdb     (QuestDB, which speaks that protocol)

They come from the environment, or from the file that COMMONWATT_SETTINGS names, with a line for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_settings import NoDecode
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from adapters.database import Database
from adapters.notify.outbox import FILE as OUTBOX
from adapters.notify.outbox import SCHEMA as OUTBOX_SCHEMA
from adapters.notify.outbox import Outbox
from adapters.timeseries.questdb import QuestDbSeries
from adapters.timeseries.sqlite import SqliteSeries
from adapters.vault.vault import Vault
from commands.ports.database import DatabaseUnavailable
from commands.ports.series import SeriesUnavailable
from services.base.settings import PREFIX, FromEnvironment, SettingsError

Series = SqliteSeries | QuestDbSeries
READ_MODELS = "read.sqlite3"
READ_MODELS_SCHEMA = "read_models"
DRIVER = "postgresql+psycopg"
EXPECTED = "must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE"


def _postgresql(value: Any) -> URL:
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise ValueError(EXPECTED) from None
    if url.drivername not in ("postgresql", DRIVER):
        raise ValueError(f"{EXPECTED}, not {url.drivername}://")
    if not url.database or not (url.host or "host" in url.query):
        raise ValueError(f"{EXPECTED}: it names no {'host' if url.database else 'database'}")
    return url.set(drivername=DRIVER)


PostgresUrl = Annotated[URL, NoDecode, BeforeValidator(_postgresql)]


class Databases(FromEnvironment, arbitrary_types_allowed=True):
    """URLs of the databases; None: a file in the data folder."""

    read_models_url: PostgresUrl | None = None
    vault_url: PostgresUrl | None = None
    time_series_url: PostgresUrl | None = None

    @classmethod
    def of_variables(cls, variables: Mapping[str, str]) -> Databases:
        """The databases that these variables name, whatever the environment says. Raises `ValidationError`."""
        return cls.model_validate({name: variables.get(_variable(name)) for name in cls.model_fields})

    def apart(self) -> Databases:
        """The same, for separate processes. Raises `SettingsError` where one is a file, which can't be shared."""
        missing = [_variable(name) for name in type(self).model_fields if getattr(self, name) is None]
        if missing:
            raise SettingsError(f"{', '.join(missing)}: services that run apart need it, they can't share a file")
        return self

    def open_read_models(self, data: Path) -> Database:
        """Open the database; raises `SettingsError` where it can't be used."""
        if self.read_models_url is None:
            return Database(f"sqlite:///{data / READ_MODELS}", durable=False)
        database = Database(self.read_models_url, durable=False, schema=READ_MODELS_SCHEMA)
        try:
            with _usable("read_models_url"):
                database.create_schema()
        except SettingsError:
            database.close()
            raise
        return database

    def open_vault(self, data: Path) -> Vault:
        """Open the vault; raises `SettingsError` and `VaultError` where it can't be used."""
        if self.vault_url is None:
            return Vault.open(data)
        with _usable("vault_url"):
            return Vault.open(data, self.vault_url)

    def open_outbox(self, data: Path) -> Outbox:
        """Open the queue of notifications, beside the vault. Raises `SettingsError` where it can't be used."""
        if self.vault_url is None:
            return Outbox(Database(f"sqlite:///{data / OUTBOX}", durable=True))
        database = Database(self.vault_url, durable=True, schema=OUTBOX_SCHEMA)
        try:
            with _usable("vault_url"):
                return Outbox(database)
        except SettingsError:
            database.close()
            raise

    def open_series(self, data: Path) -> Series:
        """Open the database; raises `SettingsError` where it can't be used."""
        if self.time_series_url is None:
            return SqliteSeries.open(data)
        url = self.time_series_url.set(drivername="postgresql")
        try:
            return QuestDbSeries.open(url.render_as_string(hide_password=False))
        except SeriesUnavailable as error:
            raise SettingsError(f"{_variable('time_series_url')}: {error}") from error


def _variable(field: str) -> str:
    return f"{PREFIX}{field.upper()}"


@contextmanager
def _usable(field: str) -> Iterator[None]:
    """Name the setting whose database can't be used."""
    try:
        yield
    except DatabaseUnavailable as error:
        raise SettingsError(f"{_variable(field)}: {error}") from error
    except DBAPIError as error:
        raise SettingsError(f"{_variable(field)}: {error.orig}") from error
