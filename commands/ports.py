"""What the core asks of the outside: log, time series, clock. Adapters implement these; the rules never see them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from domain.meter_buckets import MeterBucket
from domain.reading_buckets import ReadingBucket, SampledType
from domain.records import Record
from domain.records.readings import ReadingSource


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


class DatabaseUnavailable(Exception):
    """A relational database does not answer, or can't write now. A commit under way may have happened or not."""


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

    records: Sequence[Stored]
    reassigned: bool

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


@dataclass(frozen=True, slots=True)
class ChargerIdentity:
    """A charger that proved who it is, with what the gateway needs to translate its messages."""

    charger_id: str
    site_id: str
    phases: tuple[int, ...]
    voltage_mv: int


class Directory(Protocol):
    """What the gateway asks about credentials and tokens; secrets and token values stay behind it."""

    async def authenticate(self, ocpp_id: str, password: str) -> ChargerIdentity | None:
        """The charger with this OCPP identity and Basic password, or None. Constant-time for the password."""

    async def vehicle_of(self, token: str) -> tuple[str, str | None]:
        """(opaque reference of the token, vehicle id or None) for an idTag. Tokens compare case-insensitively."""


class Outcomes(Protocol):
    """Decisions as they appear on the log, for an edge that must answer with one."""

    async def wait(self, correlation_id: str, types: frozenset[str], timeout_s: float) -> Record | None:
        """The first event of one of `types` (or `input.rejected.v1`) with this correlation id; None after `timeout_s`.

        Wall time, a backstop: the processors' own timers decide in time. Events that came before the call count too
        (the last 10,000 are remembered).
        """


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


TelemetryType = Literal["soc", "range_km", "plugged_in", "mission_active", "location_zone"]


@dataclass(frozen=True, slots=True)
class TelemetryEvent:
    """One value that a reading of a vehicle told: `soc` in %, `range_km` in km. `id` follows from the reading's."""

    id: str
    vehicle_id: str
    type: TelemetryType
    value: float | bool | str
    observed_ms: int
    received_ms: int
    source: ReadingSource


@dataclass(frozen=True, slots=True)
class MeterValue:
    """What a charger measured, under the id of the record that told so; None: it did not say."""

    id: str
    charger_id: str
    site_id: str
    time_ms: int
    current_ma: tuple[int, int, int] | None
    power_w: int | None
    energy_wh: int | None
    transaction_id: int | None
    fresh: bool


class SeriesUnavailable(Exception):
    """The time series can't be reached, or refuse to work; what was to be kept may be kept again."""


class TimeSeries(Protocol):
    """Readings and meter values by time, for as long as they are kept. Times are ms; a range is `from_ms <= t < to_ms`.

    What is kept again under the same id has no second effect. Buckets of a width (ms) are of all values that were kept
    since they came, also where the values themselves are forgotten. Raises `SeriesUnavailable` where there is a server.
    """

    async def consumed(self, topic: str) -> Mapping[int, int]:
        """The last offset of each partition of a topic that was kept (missing: none)."""

    async def keep(
        self, topic: str, after: Mapping[int, int], rows: Sequence[TelemetryEvent] | Sequence[MeterValue]
    ) -> None:
        """Keep rows that a topic told, all or none of them, and how far it has been read.

        Whoever sees the position sees the rows: they are there when it is, at the latest. All of it can be read
        when this returns.
        """

    async def telemetry(
        self, vehicle_id: str, kind: TelemetryType | None, from_ms: int, to_ms: int, limit: int
    ) -> Sequence[TelemetryEvent]:
        """The newest values of a vehicle (of one type, or of all) that were observed in a range, the newest first."""

    async def reading_buckets(
        self, width_ms: int, vehicle_id: str, kind: SampledType | None, from_ms: int, to_ms: int, limit: int
    ) -> Sequence[ReadingBucket]:
        """The newest down-sampled values of a vehicle (of one type, or of all) in buckets of a width that begin in a
        range, the newest first.
        """

    async def meter_values(self, site_id: str, from_ms: int, to_ms: int) -> Sequence[MeterValue]:
        """The meter values of a site's chargers in a range, in order."""

    async def meter_buckets(self, width_ms: int, site_id: str, from_ms: int, to_ms: int) -> Sequence[MeterBucket]:
        """The down-sampled meter values of a site in buckets of a width that begin in a range."""

    async def first_metered_ms(self, site_id: str) -> int | None:
        """When the oldest meter value of a site was measured that is part of an hour's bucket; None: there is none."""

    async def newest_reading_ms(self, source: ReadingSource) -> int | None:
        """When the newest reading from a source was received; None where none is kept."""

    async def prune(
        self, *, received_before_ms: int, metered_before_ms: int, buckets_before_ms: Mapping[int, int]
    ) -> None:
        """Forget the readings that were received, and the meter values that were measured, before these times.

        And of each width (ms) the buckets that begin before its time. What is of the same day (UTC) as its time may
        stay until that day is over.
        """


class Clock(Protocol):
    """The clock service: the only source of `received_at`."""

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC; never goes back."""

    async def sleep_until(self, due_ms: int) -> None:
        """Return when the clock has reached `due_ms`."""
