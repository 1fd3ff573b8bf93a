"""The outbox: notifications, their outcomes and all attempts, so that a restart neither loses nor repeats any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from adapters.database import Database

State = Literal["waiting", "sent", "expired", "gave_up"]
FILE = "notifications.sqlite3"
SCHEMA = "notifications"
AT_ONCE = 20

METADATA = MetaData()
NOTIFICATIONS = Table(
    "notifications",
    METADATA,
    Column("key", String, primary_key=True),
    Column("event_id", String, nullable=False),
    Column("account_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("title", String, nullable=False),
    Column("text", String, nullable=False),
    Column("useful_until_ms", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Index("notifications_due", "state", "due_ms"),
)
ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("key", String, primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("channel_id", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
)
CONSUMED = Table(
    "consumed",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, nullable=False),
)

ADD = insert(NOTIFICATIONS).on_conflict_do_nothing(index_elements=["key"])
_CONSUME = insert(CONSUMED)
CONSUME = _CONSUME.on_conflict_do_update(
    index_elements=["partition"],
    set_={"offset": _CONSUME.excluded.offset},
    where=CONSUMED.c.offset < _CONSUME.excluded.offset,
)
DUE = (
    select(NOTIFICATIONS)
    .where(NOTIFICATIONS.c.state == "waiting", NOTIFICATIONS.c.due_ms <= bindparam("now_ms"))
    .order_by(NOTIFICATIONS.c.due_ms)
    .limit(AT_ONCE)
)
CLAIM = (
    NOTIFICATIONS.update()
    .where(NOTIFICATIONS.c.key == bindparam("of_key"), NOTIFICATIONS.c.due_ms == bindparam("from_ms"))
    .values(due_ms=bindparam("until_ms"))
)
SETTLE = (
    NOTIFICATIONS.update()
    .where(NOTIFICATIONS.c.key == bindparam("of_key"), NOTIFICATIONS.c.state == "waiting")
    .values(state=bindparam("to_state"), due_ms=bindparam("to_ms"), attempts=bindparam("made"))
)
TRIED = insert(ATTEMPTS).on_conflict_do_nothing(index_elements=["key", "attempt"])


@dataclass(frozen=True, slots=True)
class Notification:
    """A notice for one channel of an account. `key` is derived from both, so that a repeat has the same one."""

    key: str
    event_id: str
    account_id: str
    channel_id: str
    title: str
    text: str
    useful_until_ms: int
    state: State
    attempts: int
    due_ms: int


class Outbox:
    """Several processes may share it, since each notification is claimed before it is sent."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(METADATA)

    async def consumed(self) -> Mapping[int, int]:
        """The offset up to which notifications of the events are stored, by partition."""
        rows = await self._database.read(lambda connection: connection.execute(select(CONSUMED)).all())
        return {row.partition: row.offset for row in rows}

    async def add(self, notifications: Sequence[Notification], after: Mapping[int, int]) -> None:
        """Store notifications, and the positions of the events that were read for them: both or neither."""
        rows = [asdict(notification) for notification in notifications]
        places = [{"partition": partition, "offset": offset} for partition, offset in after.items()]

        def work(connection: Connection) -> None:
            if rows:
                connection.execute(ADD, rows)
            connection.execute(CONSUME, places)

        await self._database.write(work)

    async def claim(self, now_ms: int, until_ms: int) -> Sequence[Notification]:
        """Some notifications that are due. No other process gets them before `until_ms`, when they are due again."""
        found = await self._database.read(
            lambda connection: connection.execute(DUE, {"now_ms": now_ms}).mappings().all()
        )
        if not found:
            return []

        def work(connection: Connection) -> list[Notification]:
            steps = [(row, {"of_key": row["key"], "from_ms": row["due_ms"], "until_ms": until_ms}) for row in found]
            return [Notification(**row) for row, step in steps if connection.execute(CLAIM, step).rowcount == 1]

        return await self._database.write(work)

    async def settle(self, one: Notification, state: State, due_ms: int, tried: str | None, now_ms: int) -> None:
        """Store the state of a notification, and the outcome of an attempt, if there was one (`tried`)."""
        made = one.attempts + (tried is not None)
        attempt = {"key": one.key, "attempt": made, "channel_id": one.channel_id, "outcome": tried, "time_ms": now_ms}

        def work(connection: Connection) -> None:
            connection.execute(SETTLE, {"of_key": one.key, "to_state": state, "to_ms": due_ms, "made": made})
            if tried is not None:
                connection.execute(TRIED, attempt)

        await self._database.write(work)

    async def states(self) -> Mapping[str, int]:
        """How many notifications are in each state."""
        query = select(NOTIFICATIONS.c.state, func.count()).group_by(NOTIFICATIONS.c.state)
        return dict(await self._database.read(lambda connection: [tuple(row) for row in connection.execute(query)]))

    def close(self) -> None:
        """Close the database."""
        self._database.close()
