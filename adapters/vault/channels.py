"""Notification channels: URLs in the format of `apprise`. They are sealed, since they contain credentials."""

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
    """Channels by account. The id of a channel is a keyed HMAC of its URL."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    async def replace(self, account_id: str, urls: Sequence[str]) -> None:
        """Replace the channels of an account. Without any it is not notified."""
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
        """The channels of an account: id -> URL."""
        query = select(CHANNELS).where(CHANNELS.c.account_id == account_id).order_by(CHANNELS.c.channel_id)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {
            row.channel_id: self._keys.open(row.url_sealed, f"{account_id}/{row.channel_id}").decode() for row in rows
        }

    async def accounts(self) -> frozenset[str]:
        """The accounts that have channels."""
        query = select(CHANNELS.c.account_id).distinct()
        return frozenset(await self._database.read(lambda connection: connection.scalars(query).all()))
