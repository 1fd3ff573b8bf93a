"""The vault: personal data and secrets, which never enter the log, under the opaque ids that the log knows.

Erasing somebody deletes rows here; the log stays whole and says nothing about whom.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    delete,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from adapters.database import Database
from adapters.vault.accounts import Accounts
from adapters.vault.channels import Channels
from adapters.vault.enterprises import Enterprises
from adapters.vault.integrations import Integrations
from adapters.vault.keys import Keys, digest
from adapters.vault.migrations import migrate
from adapters.vault.passwords import Passwords
from adapters.vault.tables import METADATA
from adapters.vault.tokens import Tokens
from domain.errors import DomainError

RULE = "vault.unique.v1"
KEY_FILE = "vault.key"
DATABASE_FILE = "vault.sqlite3"
SCHEMA = "vault"
ANSWERS_KEPT_MS = 24 * 3_600_000

VEHICLES = Table(
    "vehicle_vins",
    METADATA,
    Column("vehicle_id", String, primary_key=True),
    Column("vin_mac", String, nullable=False, unique=True),
    Column("vin_sealed", LargeBinary, nullable=False),
)
VINS = select(VEHICLES.c.vehicle_id, VEHICLES.c.vin_sealed).where(
    VEHICLES.c.vehicle_id.in_(bindparam("vehicle_ids", expanding=True))
)
TOKENS = Table(
    "charging_tokens",
    METADATA,
    Column("token_mac", String, primary_key=True),
    Column("vehicle_id", String, nullable=False, index=True),
)
PASSWORDS = Table(
    "charger_passwords",
    METADATA,
    Column("charger_id", String, primary_key=True),
    Column("digest", String, nullable=False),
)
NOTES = Table(
    "notes",
    METADATA,
    Column("about", String, primary_key=True),
    Column("note_sealed", LargeBinary, nullable=False),
)
ANSWERS = Table(
    "answers",
    METADATA,
    Column("record_id", String, primary_key=True),
    Column("body_hash", String, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("status", Integer),
    Column("answer_sealed", LargeBinary),
    Index("answers_by_age", "received_ms"),
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is known of a request that came with an idempotency key. `answer` None: not answered yet."""

    body_hash: str
    received_ms: int
    status: int | None = None
    answer: bytes | None = None


class Vault:
    """Chargers' passwords are of high entropy, so SHA-256 suffices; VINs and tokens are not: keyed HMAC."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self.database = database
        self.keys = keys
        self.accounts = Accounts(database, keys, Passwords())
        self.channels = Channels(database, keys)
        self.enterprises = Enterprises(database, keys)
        self.integrations = Integrations(database)
        self.tokens = Tokens(database, keys)
        migrate(database)

    @classmethod
    def open(cls, folder: Path, url: str | URL | None = None) -> Vault:
        """The vault whose key is in `folder`; its tables in SQLite there, or in the database at `url`.

        Raises `VaultError` where the key or the tables can't be used, `DatabaseUnavailable`.
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
        self.database.close()

    # Vehicles

    async def add_vehicle(self, vehicle_id: str, vin: str, token: str | None) -> None:
        """Keep a VIN, and the token of its driver, under a vehicle id. Again the same: nothing changes.

        Raises `DomainError` where the VIN or the token belongs to another vehicle; then nothing is kept.
        """
        vin_mac = self._vin_mac(vin)
        row = {"vehicle_id": vehicle_id, "vin_mac": vin_mac, "vin_sealed": self.keys.seal(vin.encode(), vehicle_id)}

        def work(connection: Connection) -> None:
            owner = connection.scalar(select(VEHICLES.c.vehicle_id).where(VEHICLES.c.vin_mac == vin_mac))
            if owner is None:
                connection.execute(VEHICLES.insert(), row)
            elif owner != vehicle_id:
                raise DomainError("this VIN is registered already", field="vin", rule=RULE)
            if token is not None:
                self._add_token(connection, vehicle_id, token)

        try:
            await self.database.write(work)
        except IntegrityError as error:
            raise DomainError("it was registered at the same time", field="vin", rule=RULE) from error

    def _add_token(self, connection: Connection, vehicle_id: str, token: str) -> None:
        token_mac = self._token_mac(token)
        owner = connection.scalar(select(TOKENS.c.vehicle_id).where(TOKENS.c.token_mac == token_mac))
        if owner is None:
            connection.execute(TOKENS.insert(), {"token_mac": token_mac, "vehicle_id": vehicle_id})
        elif owner != vehicle_id:
            raise DomainError("this token belongs to another vehicle", field="token", rule=RULE)

    async def forget_vehicle(self, vehicle_id: str) -> None:
        """Erase the VIN and the tokens of a vehicle."""

        def work(connection: Connection) -> None:
            connection.execute(delete(VEHICLES).where(VEHICLES.c.vehicle_id == vehicle_id))
            connection.execute(delete(TOKENS).where(TOKENS.c.vehicle_id == vehicle_id))

        await self.database.write(work)

    async def vehicle_of_vin(self, vin: str) -> str | None:
        """The vehicle with this VIN (any case), or None."""
        query = select(VEHICLES.c.vehicle_id).where(VEHICLES.c.vin_mac == self._vin_mac(vin))
        return await self.database.read(lambda connection: connection.scalar(query))

    async def vins(self, vehicle_ids: Iterable[str]) -> dict[str, str]:
        """The VINs of those that are known."""
        wanted = {"vehicle_ids": list(vehicle_ids)}
        rows = await self.database.read(lambda connection: connection.execute(VINS, wanted).all())
        return {row.vehicle_id: self.keys.open(row.vin_sealed, row.vehicle_id).decode() for row in rows}

    async def vehicle_of_token(self, token: str) -> str | None:
        """The vehicle whose driver has this token (any case), or None."""
        query = select(TOKENS.c.vehicle_id).where(TOKENS.c.token_mac == self._token_mac(token))
        return await self.database.read(lambda connection: connection.scalar(query))

    def token_ref(self, token: str) -> str:
        """The opaque name of a token in the log: the same for the same token, and no way back."""
        return f"tok_{self.keys.mac('token reference', token.casefold())[:32]}"

    def _vin_mac(self, vin: str) -> str:
        return self.keys.mac("vin", vin.upper())

    def _token_mac(self, token: str) -> str:
        return self.keys.mac("token", token.casefold())

    # Chargers

    async def new_charger_password(self, charger_id: str, *, replace: bool) -> str | None:
        """Draw a password and return it, this once. None where there is one already that is not to be replaced."""
        password = secrets.token_hex(20)
        row = {"charger_id": charger_id, "digest": digest(password)}
        statement = insert(PASSWORDS)
        if replace:
            keep = statement.on_conflict_do_update(index_elements=["charger_id"], set_={"digest": row["digest"]})
        else:
            keep = statement.on_conflict_do_nothing(index_elements=["charger_id"])
        told = keep.returning(PASSWORDS.c.charger_id)
        kept = await self.database.write(lambda connection: connection.scalar(told, row))
        return password if kept else None

    async def password_digest(self, charger_id: str) -> str | None:
        """The SHA-256 of a charger's password, or None."""
        query = select(PASSWORDS.c.digest).where(PASSWORDS.c.charger_id == charger_id)
        return await self.database.read(lambda connection: connection.scalar(query))

    # Free text

    async def keep_note(self, about: str, note: str) -> None:
        """Keep what somebody wrote about a thing that the log knows by an id."""
        row = {"about": about, "note_sealed": self.keys.seal(note.encode(), about)}
        keep = insert(NOTES).on_conflict_do_nothing(index_elements=["about"])
        await self.database.write(lambda connection: connection.execute(keep, row))

    async def note_of(self, about: str) -> str | None:
        """What was written about it, or None."""
        query = select(NOTES.c.note_sealed).where(NOTES.c.about == about)
        sealed = await self.database.read(lambda connection: connection.scalar(query))
        return None if sealed is None else self.keys.open(sealed, about).decode()

    # Answers to requests with an idempotency key

    async def begin_attempt(self, record_id: str, body_hash: str, now_ms: int) -> Attempt:
        """Note that a request came, or find what is known since it came first. What is older than 24 h is forgotten."""
        row = {"record_id": record_id, "body_hash": body_hash, "received_ms": now_ms}
        begin = insert(ANSWERS).on_conflict_do_nothing(index_elements=["record_id"])
        query = select(ANSWERS).where(ANSWERS.c.record_id == record_id)

        def work(connection: Connection) -> Attempt:
            connection.execute(_FORGET_ANSWERS, {"before_ms": now_ms - ANSWERS_KEPT_MS})
            connection.execute(begin, row)
            known = connection.execute(query).one()
            answer = None if known.answer_sealed is None else self.keys.open(known.answer_sealed, record_id)
            return Attempt(known.body_hash, known.received_ms, known.status, answer)

        return await self.database.write(work)

    async def keep_answer(self, record_id: str, status: int, answer: bytes) -> None:
        """Remember what was answered: sealed, for it may hold a secret."""
        row = {"of_record_id": record_id, "status": status, "answer_sealed": self.keys.seal(answer, record_id)}
        await self.database.write(lambda connection: connection.execute(_KEEP_ANSWER, row))


_FORGET_ANSWERS = delete(ANSWERS).where(ANSWERS.c.received_ms < bindparam("before_ms"))
_KEEP_ANSWER = (
    ANSWERS.update()
    .where(ANSWERS.c.record_id == bindparam("of_record_id"))
    .values(status=bindparam("status"), answer_sealed=bindparam("answer_sealed"))
)
