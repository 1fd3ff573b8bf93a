"""The log: topics of ordered partitions, and the consumers of their inputs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple, Protocol


class LogError(Exception):
    """The log could not do what was asked, and nothing was acknowledged.

    Nothing of it was done; where brokers did not answer in time, nobody knows: asked again, repeats bear the same ids.
    """


class LogFull(LogError):
    """No space is left for the log."""


class LogDamaged(LogError):
    """A stored record or page does not read back as it was written."""


class LogBusy(LogError):
    """Another process writes this log."""


class Fenced(LogError):
    """Somebody else consumes for this processor now: this worker must stop writing."""


class Position(NamedTuple):  # as the next two: made for every record, and a frozen dataclass takes five times as long
    """Where a record is. Opaque: offsets grow within a partition and may have gaps."""

    partition: int
    offset: int


class Entry(NamedTuple):
    """What is appended: `key` chooses the partition (and the row of a table), `body` None deletes a table's row.

    `traceparent` (W3C Trace Context) travels beside the body, for those who watch; no decision sees it.
    """

    key: str
    body: bytes | None
    traceparent: str | None = None


class Stored(NamedTuple):
    """An entry as it is read back."""

    position: Position
    key: str
    body: bytes
    traceparent: str | None = None


Output = tuple[str, Entry]
"""A topic and an entry for it."""


class Batch(Protocol):
    """Inputs that one worker took, in the order of each partition; empty where none arrived in time.

    `reassigned`: the worker owns other partitions than when it last asked for `states`: what it knows is void.
    """

    @property
    def records(self) -> Sequence[Stored]: ...

    @property
    def reassigned(self) -> bool: ...

    async def commit(self, outputs: Sequence[Output], states: Mapping[str, bytes | None]) -> None:
        """Write outputs, states (None deletes) and the consumed positions, all or nothing, durably.

        Raises `Fenced` where another consumer took over, `LogFull`, `LogDamaged`.
        """


class Consumer(Protocol):
    """One worker of a processor, with the partitions it owns."""

    async def states(self) -> Mapping[str, bytes]:
        """The last committed state of every stream of the owned partitions."""

    async def poll(self, limit: int = 500) -> Batch:
        """Wait until inputs are there (or the log closes) and take up to `limit` of them."""

    async def positions(self) -> Mapping[int, int]:
        """The last consumed and committed offset of each owned partition (0: none)."""

    def caught_up(self) -> bool:
        """Whether everything in the owned partitions has been consumed and committed.

        Everything that was there when the worker came, that this process appended, and that has reached it since.
        """

    async def close(self) -> None:
        """Give the partitions back."""


class Log(Protocol):
    """Topics of ordered partitions. Plain topics keep every entry, table topics the latest of each key."""

    async def append(self, topic: str, entries: Sequence[Entry]) -> Sequence[Position]:
        """Append durably, in order, all or nothing; returns when it can't be lost any more. At least once.

        Raises `LogFull`, `LogDamaged`.
        """

    async def append_all(self, outputs: Sequence[Output]) -> None:
        """Append to several topics at once, all or nothing, durably."""

    async def read(self, topic: str, partition: int, after: int = 0, limit: int = 1000) -> Sequence[Stored]:
        """Entries of a partition with an offset greater than `after`, in order. Raises `LogDamaged`."""

    def tail(self, topic: str, after: Mapping[int, int]) -> AsyncIterator[Sequence[Stored]]:
        """All entries after the given offset of each partition (missing: from the start), and then those that come."""

    async def table(self, topic: str) -> Mapping[str, bytes]:
        """The latest entry of each key of a compacted topic. Raises `ValueError` for any other."""

    async def ends(self, topic: str) -> Mapping[int, int]:
        """The last offset of each partition (0: empty)."""

    async def consumed(self, processor: str) -> Mapping[int, int]:
        """The last offset of `<processor>.inputs` that its workers have committed, for each partition (0: none)."""

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""

    def consumer(self, processor: str) -> Consumer:
        """A worker of `processor`: reads `<processor>.inputs`, keeps states in `<processor>.state`.

        It takes over from an earlier one of this log, and shares the partitions with those of other processes.
        """

    async def close(self) -> None:
        """Finish what was accepted, then let go of the files."""
