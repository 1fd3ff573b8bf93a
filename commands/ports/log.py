"""The port of the log: topics of ordered partitions, and the consumers of their inputs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple, Protocol


class LogError(Exception):
    """The log could not do what was asked, and acknowledged nothing.

    Nothing was written, unless brokers did not answer in time: then it is unknown. Repeats bear the same ids.
    """


class LogFull(LogError):
    """No space is left for the log."""


class LogDamaged(LogError):
    """A stored record or page does not read back as it was written."""


class LogBusy(LogError):
    """Another process writes this log."""


class Fenced(LogError):
    """Another worker consumes for this processor now: this one must stop writing."""


class Position(NamedTuple):  # as the next two, made for every record: a frozen dataclass takes five times as long
    """The place of a record. Offsets grow within a partition, and may have gaps."""

    partition: int
    offset: int


class Entry(NamedTuple):
    """An entry to append. `key` determines the partition, and the row of a table; `body` None deletes a table's row.

    `traceparent` (W3C Trace Context) is stored beside the body, for tracing only: no decision uses it.
    """

    key: str
    body: bytes | None
    traceparent: str | None = None


class Stored(NamedTuple):
    """An entry that was read."""

    position: Position
    key: str
    body: bytes
    traceparent: str | None = None


Output = tuple[str, Entry]
"""A topic, and an entry for it."""


class Batch(Protocol):
    """Inputs for one worker, in the order of each partition. It is empty once the consumer or the log is closed.

    `reassigned`: the worker owns other partitions than at its last call of `states`, so it must call it again.
    """

    @property
    def records(self) -> Sequence[Stored]: ...

    @property
    def reassigned(self) -> bool: ...

    async def commit(self, outputs: Sequence[Output], states: Mapping[str, bytes | None]) -> None:
        """Write outputs, states (None deletes) and the consumed positions durably, all or none.

        Raises `Fenced` if another consumer took over, `LogFull`, `LogDamaged`, `LogError`.
        """


class Consumer(Protocol):
    """A worker of a processor, with the partitions that it owns."""

    async def states(self) -> Mapping[str, bytes]:
        """The last committed state of every stream of the owned partitions."""

    async def poll(self, limit: int = 500) -> Batch:
        """Wait for inputs, or until the log is closed, and return up to `limit` of them."""

    async def positions(self) -> Mapping[int, int]:
        """The last committed offset of each owned partition; 0: none."""

    def caught_up(self) -> bool:
        """Whether all inputs in the owned partitions have been consumed and committed.

        These are the inputs from before the worker joined, those that this process appended, and all it received.
        """

    async def close(self) -> None:
        """Release the partitions."""


class Log(Protocol):
    """Topics of ordered partitions. A plain topic stores every entry, a table topic the latest of each key."""

    async def append(self, topic: str, entries: Sequence[Entry]) -> Sequence[Position]:
        """Append durably, in order, all or none; returns once nothing can be lost. Entries may be stored twice.

        Raises `LogFull`, `LogDamaged`, `LogError`.
        """

    async def append_all(self, outputs: Sequence[Output]) -> None:
        """Append to several topics at once, durably, all or none. Raises what `append` raises."""

    async def read(self, topic: str, partition: int, after: int = 0, limit: int = 1000) -> Sequence[Stored]:
        """Entries of a partition with an offset greater than `after`, in order. Raises `LogDamaged`."""

    def tail(self, topic: str, after: Mapping[int, int]) -> AsyncIterator[Sequence[Stored]]:
        """All entries after the given offset of each partition (missing: from the start), then new ones."""

    async def table(self, topic: str) -> Mapping[str, bytes]:
        """The latest body of each key of a table topic. Raises `ValueError` for any other topic."""

    async def ends(self, topic: str) -> Mapping[int, int]:
        """The last offset of each partition; 0: empty."""

    async def consumed(self, processor: str) -> Mapping[int, int]:
        """The last offset of `<processor>.inputs` that its workers have committed, by partition; 0: none."""

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""

    def consumer(self, processor: str) -> Consumer:
        """A worker of `processor`: it reads `<processor>.inputs` and stores states in `<processor>.state`.

        It replaces an earlier one of this log, and shares the partitions with the workers of other processes.
        """

    async def close(self) -> None:
        """Finish what was accepted, then release files and connections."""
