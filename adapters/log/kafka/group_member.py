"""A member of a processor's consumer group: the partitions that it owns, and the inputs that it has read of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from confluent_kafka import Consumer, KafkaError, TopicPartition

from adapters.log.kafka.names import place_of, stored
from adapters.log.kafka.positions import Positions
from adapters.log.kafka.reader import AT_ONCE, SLICE_S, arrivals, is_end
from adapters.log.kafka.stall_detection import LOOK_S, StallDetector
from commands.log import topics
from commands.ports.log import Fenced, LogError, Stored

if TYPE_CHECKING:
    from adapters.log.kafka.log import KafkaLog

JOIN_SLICE_S = 0.01
"""How long one poll may last while the member joins: an assignment alone does not end a poll."""


@dataclass(slots=True)
class Lifecycle:
    """What a worker was asked to do: set on the event loop, read on the worker's thread."""

    closed: bool = False
    """It reads no further input."""
    leaving: bool = False
    """It gives its partitions back."""
    overtaken: bool = False
    """Another consumer of this log owns the processor."""


@dataclass(slots=True, eq=False)
class Ticket:
    """Whether the batches that were read under it may be committed; `void` is the reason if not."""

    void: LogError | None = None


class GroupMember:
    """All its methods are called on the worker's thread, which is also where partitions are assigned and revoked."""

    def __init__(self, log: KafkaLog, processor: str, positions: Positions, lifecycle: Lifecycle) -> None:
        self._log = log
        self._processor = processor
        self._inputs = topics.inputs(processor)
        self._positions = positions
        self._lifecycle = lifecycle
        self._stalls = StallDetector(log.settings.transaction_timeout_ms / 1000 + 2 * LOOK_S)
        self._consumer: Consumer | None = None
        self._member_id: str | None = None
        self.consumed: dict[int, int] = {}
        """The committed position of each owned partition."""
        self.reached: dict[int, int] = {}
        """Up to here each owned partition is consumed or in the buffer."""
        self.buffer: list[Stored] = []
        self.ticket = Ticket()
        self.reassigned = False
        self.joined = False

    def has_ended(self) -> bool:
        """Whether it reads no further input."""
        asked = self._lifecycle
        return asked.closed or self._log.closed or asked.overtaken or isinstance(self.ticket.void, Fenced)

    def join(self) -> None:
        """Become a member, and read each partition once, so that `caught_up` counts what was there before."""
        session_timeout_ms = self._log.settings.session_timeout_ms
        self._consumer = Consumer(
            self._log.settings.consumer(
                self._processor,
                **{
                    "partition.assignment.strategy": "cooperative-sticky",
                    "session.timeout.ms": session_timeout_ms,
                    "heartbeat.interval.ms": session_timeout_ms // 4,
                },
            )
        )
        self._consumer.subscribe(
            [self._log.names.topic(self._inputs)],
            on_assign=self._assigned,
            on_revoke=self._revoked,
            on_lost=self._revoked,
        )
        self._receive_until(lambda: self._member_id is not None, JOIN_SLICE_S)
        high = self._log.high(self._inputs)
        self._receive_until(lambda: all(self.reached.get(p, 0) >= high[p] for p in self._unread()), SLICE_S)
        self.joined = True

    def fill(self, limit: int) -> None:
        """Read inputs until `limit` are in the buffer, or until none has arrived for a while."""
        if len(self.buffer) < limit and not self._lifecycle.closed:
            self._receive(0 if self.buffer else SLICE_S, limit - len(self.buffer))
        self._refuse_stall()

    def advance(self, ends: Mapping[int, int]) -> None:
        """The oldest inputs of the buffer are committed, up to `ends`."""
        self.ticket = Ticket()
        self.consumed |= ends

    def metadata(self) -> Any:
        """This worker's membership, to send with its positions, so that the brokers refuse a zombie's.

        Raises `Fenced` if the group has excluded it: then the metadata name no member, and brokers would accept them.
        """
        assert self._consumer is not None
        metadata = self._consumer.consumer_group_metadata()
        if self._consumer.memberid() != self._member_id:
            raise Fenced(f"{self._processor}: this worker was silent for too long and is no member any more")
        return metadata

    def leave(self) -> None:
        """Leave the group at once, so that it does not wait for this member's time-out."""
        if self._consumer is not None:
            self._consumer.close()

    def _receive_until(self, holds: Callable[[], bool], slice_s: float) -> None:
        deadline = time.monotonic() + self._positions.patience_s
        while not (holds() or self.has_ended()):
            if time.monotonic() > deadline:
                raise LogError(
                    f"{self._processor}: the group admitted no worker, or a partition can't be read to its end"
                )
            self._receive(slice_s)

    def _unread(self) -> set[int]:
        """The owned partitions of which no input is in the buffer."""
        return self.reached.keys() - {one.position.partition for one in self.buffer}

    def _receive(self, timeout_s: float, limit: int = AT_ONCE) -> None:
        assert self._consumer is not None
        for message in arrivals(self._consumer, timeout_s, limit):
            error = message.error()
            if error is not None and error.code() == KafkaError._MAX_POLL_EXCEEDED:
                continue  # `_revoked` is called for it
            at_end = is_end(message, self._processor)
            partition, offset = place_of(message)
            reached = self.reached.get(partition)
            if reached is None or offset < reached:
                continue  # another worker's now; or repeated, since a client went back to the beginning
            if not at_end:
                self.buffer.append(stored(message))
            self.reached[partition] = offset + (0 if at_end else 1)

    def _refuse_stall(self) -> None:
        now_s = time.monotonic()
        if self.buffer:
            self._stalls.received(now_s)
        elif self._stalls.is_stalled(now_s, self._misses_inputs):
            raise LogError(f"{self._processor}: this worker no longer receives its inputs: it must start again")

    def _misses_inputs(self) -> bool:
        """Whether it is no member, or its partitions hold something that it has not reached."""
        assert self._consumer is not None
        if not self._consumer.memberid():
            return True
        high = self._log.high(self._inputs)
        return any(high[partition] > reached for partition, reached in self.reached.items())

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Positions are read before `states` reads the states, so that both or neither include a late commit."""
        if self._lifecycle.leaving:
            return
        self._member_id = consumer.memberid()
        found = self._positions.committed(one.partition for one in partitions) if partitions else []
        offsets = {one.partition: one.offset for one in found}
        self.consumed |= offsets
        self.reached |= offsets
        self.reassigned = self.joined and bool(partitions)
        consumer.incremental_assign(self._positions.at(offsets))

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        revoked = {one.partition for one in partitions}
        self.ticket.void = Fenced(f"{self._processor}: partitions of this batch were given to another worker")
        self.ticket = Ticket()
        self.buffer = [one for one in self.buffer if one.position.partition not in revoked]
        for partition in revoked:
            self.consumed.pop(partition, None)
            self.reached.pop(partition, None)
        self.reassigned = self.joined
        consumer.incremental_unassign(partitions)
