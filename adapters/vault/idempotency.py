"""Requests with an idempotency key and their answers, for 24 h. Answers are sealed: they may hold secrets."""

from __future__ import annotations

from sqlalchemy import (
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

from adapters.database import Database
from adapters.vault.keys import Keys
from adapters.vault.tables import METADATA
from commands.ports.vault import Attempt

RETENTION_MS = 24 * 3_600_000
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
BEGIN = insert(ANSWERS).on_conflict_do_nothing(index_elements=["record_id"])
FORGET = delete(ANSWERS).where(ANSWERS.c.received_ms < bindparam("before_ms"))
STORE = (
    ANSWERS.update()
    .where(ANSWERS.c.record_id == bindparam("of_record_id"))
    .values(status=bindparam("status"), answer_sealed=bindparam("answer_sealed"))
)


class IdempotencyAnswers:
    """Attempts by the id of the record that they append, which follows from the idempotency key."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    async def begin(self, record_id: str, body_hash: str, now_ms: int) -> Attempt:
        """Store that a request was received, unless it was before; returns the first attempt. Forgets old ones."""
        row = {"record_id": record_id, "body_hash": body_hash, "received_ms": now_ms}
        query = select(ANSWERS).where(ANSWERS.c.record_id == record_id)

        def work(connection: Connection) -> Attempt:
            connection.execute(FORGET, {"before_ms": now_ms - RETENTION_MS})
            connection.execute(BEGIN, row)
            found = connection.execute(query).one()
            answer = None if found.answer_sealed is None else self._keys.open(found.answer_sealed, record_id)
            return Attempt(found.body_hash, found.received_ms, found.status, answer)

        return await self._database.write(work)

    async def store(self, record_id: str, status: int, answer: bytes) -> None:
        """Store the answer to a request: its HTTP status and its body."""
        row = {"of_record_id": record_id, "status": status, "answer_sealed": self._keys.seal(answer, record_id)}
        await self._database.write(lambda connection: connection.execute(STORE, row))
