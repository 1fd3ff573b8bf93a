"""Transactions of a processor: what it writes, and the positions of the inputs that it has consumed, or neither."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from uuid import uuid4

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from adapters.log.kafka.errors import error_of, translated
from adapters.log.kafka.group_member import GroupMember
from adapters.log.kafka.names import Names, Row
from adapters.log.kafka.positions import Positions
from adapters.log.kafka.settings import KafkaSettings
from adapters.log.kafka.with_timeout import call_with_timeout
from adapters.log.kafka.writer import Transactor
from commands.ports.log import Fenced, Position


class InputTransactions:
    """One transaction for each batch, on the worker's thread. `worker` is the name that fences its predecessor."""

    def __init__(
        self,
        settings: KafkaSettings,
        names: Names,
        processor: str,
        worker: str,
        positions: Positions,
        member: GroupMember,
    ) -> None:
        self._settings = settings
        self._processor = processor
        self._positions = positions
        self._member = member
        self._transactor = Transactor(settings, names, f"{processor}.{worker}")

    def prepare(self) -> None:
        """Get a producer ready. When this returns, the predecessor's transaction is committed or aborted."""
        self._transactor.prepare()

    def write(self, rows: Sequence[Row], ends: Mapping[int, int]) -> Sequence[tuple[str, Position]]:
        """Commit rows and positions; returns the last position written in each partition, where it is known.

        After an error a fresh producer first finds out whether the transaction was committed. Raises `LogError`.
        """
        deadline = time.monotonic() + self._settings.confirm_timeout_s
        mark = uuid4().hex
        while True:
            with self._retried_until(deadline):
                send = partial(self._send_offsets, self._positions.at(ends, mark))
                return self._transactor.write(rows, send).ends()
            with self._retried_until(deadline):
                self._transactor.prepare()
                if self._is_committed(ends, mark):
                    return []

    def close(self) -> None:
        """Drop the producer."""
        self._transactor.close()

    @contextmanager
    def _retried_until(self, deadline: float) -> Iterator[None]:
        """Suppress errors that another attempt may overcome. Another generation of the group is only a rebalance."""
        try:
            yield
        except KafkaException as error:
            failure = translated(error_of(error), self._processor)
            is_final = isinstance(failure, Fenced) and error_of(error).code() != KafkaError.ILLEGAL_GENERATION
            if is_final or time.monotonic() > deadline:
                raise failure from error

    def _is_committed(self, ends: Mapping[int, int], mark: str) -> bool:
        """Whether the positions bear the mark of this transaction. Raises `Fenced` if they are another worker's."""
        positions = self._positions.committed(ends)
        if ends and all(one.metadata == mark for one in positions):
            return True
        if any(one.offset != self._member.consumed[one.partition] for one in positions):
            raise Fenced(f"{self._processor}: another worker has consumed these inputs; nothing of this was written")
        return False

    def _send_offsets(self, positions: list[TopicPartition], producer: Producer) -> None:
        # librdkafka ignores its own time-out while it waits for a coordinator that never comes back.
        send = partial(producer.send_offsets_to_transaction, positions, self._member.metadata())
        call_with_timeout(send, self._settings.attempt_timeout_s)
