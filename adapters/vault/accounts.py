"""The accounts in the vault: e-mail addresses and password hashes, under the account ids that the log contains."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, Connection, LargeBinary, String, Table, bindparam, delete, select
from sqlalchemy.exc import IntegrityError

from adapters.database import Database
from adapters.vault.keys import Keys
from adapters.vault.passwords import Passwords
from adapters.vault.tables import METADATA
from domain.errors import DomainError

RULE = "vault.unique.v1"
ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("account_id", String, primary_key=True),
    Column("email_mac", String, nullable=False, unique=True),
    Column("email_sealed", LargeBinary, nullable=False),
    Column("password_hash", String, nullable=False),
)


class Accounts:
    """Accounts by e-mail address, whose case does not matter."""

    def __init__(self, database: Database, keys: Keys, passwords: Passwords) -> None:
        self._database = database
        self._keys = keys
        self._passwords = passwords

    async def add(self, account_id: str, email: str, password: str) -> None:
        """Store an account. Adding it again changes nothing. Raises `DomainError` if the address belongs to another."""
        email_mac, password_hash = self._mac(email), await self._passwords.hash(password)
        row = {
            "account_id": account_id,
            "email_mac": email_mac,
            "email_sealed": self._keys.seal(email.encode(), account_id),
            "password_hash": password_hash,
        }

        def work(connection: Connection) -> None:
            owner = connection.scalar(select(ACCOUNTS.c.account_id).where(ACCOUNTS.c.email_mac == email_mac))
            if owner is None:
                connection.execute(ACCOUNTS.insert(), row)
            elif owner != account_id:
                raise DomainError("this address already has an account", field="email", rule=RULE)

        try:
            await self._database.write(work)
        except IntegrityError as error:
            raise DomainError("another request registered it at the same time", field="email", rule=RULE) from error

    async def set_password(self, account_id: str, password: str) -> None:
        """Replace the password."""
        row = {"of_account_id": account_id, "password_hash": await self._passwords.hash(password)}
        await self._database.write(lambda connection: connection.execute(_SET_PASSWORD, row))

    async def forget(self, account_id: str) -> None:
        """Erase the address and the password of an account."""
        forget = delete(ACCOUNTS).where(ACCOUNTS.c.account_id == account_id)
        await self._database.write(lambda connection: connection.execute(forget))

    async def with_email(self, email: str) -> str | None:
        """The id of the account with this address, or None."""
        query = select(ACCOUNTS.c.account_id).where(ACCOUNTS.c.email_mac == self._mac(email))
        return await self._database.read(lambda connection: connection.scalar(query))

    async def with_credentials(self, email: str, password: str) -> str | None:
        """The id of the account with this address and password, or None. Either takes as long."""
        query = select(ACCOUNTS.c.account_id, ACCOUNTS.c.password_hash).where(ACCOUNTS.c.email_mac == self._mac(email))
        row = await self._database.read(lambda connection: connection.execute(query).first())
        right = await self._passwords.matches(row.password_hash if row else None, password)
        return row.account_id if row and right else None

    async def emails(self, account_ids: Iterable[str]) -> dict[str, str]:
        """The addresses of the accounts that are known, by account id."""
        query = select(ACCOUNTS.c.account_id, ACCOUNTS.c.email_sealed).where(
            ACCOUNTS.c.account_id.in_(list(account_ids))
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {row.account_id: self._keys.open(row.email_sealed, row.account_id).decode() for row in rows}

    async def any(self) -> bool:
        """Whether there is an account at all."""
        query = select(ACCOUNTS.c.account_id).limit(1)
        return await self._database.read(lambda connection: connection.scalar(query)) is not None

    def _mac(self, email: str) -> str:
        return self._keys.mac("email", email.casefold())


_SET_PASSWORD = (
    ACCOUNTS.update()
    .where(ACCOUNTS.c.account_id == bindparam("of_account_id"))
    .values(password_hash=bindparam("password_hash"))
)
