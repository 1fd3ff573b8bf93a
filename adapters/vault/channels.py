"""Where people want to be notified: URLs as `apprise` writes them, sealed, for they hold credentials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Column, Connection, LargeBinary, String, Table, delete, select

from adapters.database import Database
from adapters.vault.keys import Keys
from adapters.vault.tables import METADATA

CHANNELS = Table(
    "notification_channels",
    METADATA,
    Column("account_id", String, primary_key=True),
    Column("channel_id", String, primary_key=True),
    Column("url_sealed", LargeBinary, nullable=False),
)


class Channels:
    """A channel's id follows from its URL and says nothing about it."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    async def replace(self, account_id: str, urls: Sequence[str]) -> None:
        """These are the account's channels from now on; none: it is not notified."""
        ids = {url: self._keys.mac("notification channel", f"{account_id}/{url}")[:16] for url in urls}
        rows = [
            {
                "account_id": account_id,
                "channel_id": channel_id,
                "url_sealed": self._keys.seal(url.encode(), f"{account_id}/{channel_id}"),
            }
            for url, channel_id in ids.items()
        ]

        def work(connection: Connection) -> None:
            connection.execute(delete(CHANNELS).where(CHANNELS.c.account_id == account_id))
            if rows:
                connection.execute(CHANNELS.insert(), rows)

        await self._database.write(work)

    async def of(self, account_id: str) -> Mapping[str, str]:
        """The account's channels: id -> URL."""
        query = select(CHANNELS).where(CHANNELS.c.account_id == account_id).order_by(CHANNELS.c.channel_id)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {
            row.channel_id: self._keys.open(row.url_sealed, f"{account_id}/{row.channel_id}").decode() for row in rows
        }

    async def accounts(self) -> frozenset[str]:
        """Those that have any."""
        query = select(CHANNELS.c.account_id).distinct()
        return frozenset(await self._database.read(lambda connection: connection.scalars(query).all()))
