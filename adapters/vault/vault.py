"""The vault: personal data and secrets, which never enter the log, under the opaque ids that the log contains.

Erasing a person deletes rows here. The log stays whole, and says nothing about whom.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL

from adapters.database import Database
from adapters.vault.accounts import Accounts
from adapters.vault.cards import Cards
from adapters.vault.channels import Channels
from adapters.vault.charger_passwords import ChargerPasswords
from adapters.vault.enterprises import Enterprises
from adapters.vault.idempotency import IdempotencyAnswers
from adapters.vault.integrations import Integrations
from adapters.vault.keys import Keys
from adapters.vault.migrations import migrate
from adapters.vault.notes import Notes
from adapters.vault.passwords import Passwords
from adapters.vault.tokens import Tokens
from adapters.vault.vehicles import VehicleIdentities

KEY_FILE = "vault.key"
DATABASE_FILE = "vault.sqlite3"
SCHEMA = "vault"


class Vault:
    """What the vault stores, by concept, in one database and under one key."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self.database = database
        self.keys = keys
        self.accounts = Accounts(database, keys, Passwords())
        self.answers = IdempotencyAnswers(database, keys)
        self.cards = Cards(database, keys)
        self.channels = Channels(database, keys)
        self.charger_passwords = ChargerPasswords(database)
        self.enterprises = Enterprises(database, keys)
        self.integrations = Integrations(database)
        self.notes = Notes(database, keys)
        self.tokens = Tokens(database, keys)
        self.vehicles = VehicleIdentities(database, keys, self.cards)
        migrate(database)

    @classmethod
    def open(cls, folder: Path, url: str | URL | None = None) -> Vault:
        """The vault whose key is in `folder`. Its tables are in SQLite there, or in the database at `url`.

        Raises `VaultError` if the key or the tables can't be used, and `DatabaseUnavailable`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if url is None:
            file = folder / DATABASE_FILE
            file.touch(mode=0o600)
            url = f"sqlite:///{file}"
        keys = Keys.load(folder / KEY_FILE)
        database = Database(url, durable=True, schema=SCHEMA)
        try:
            return cls(database, keys)
        except BaseException:
            database.close()
            raise

    def close(self) -> None:
        """Close the database."""
        self.database.close()
