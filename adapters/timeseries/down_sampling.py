"""Down-sampling: buckets are computed again from all values around a new one, so repeats and late ones do no harm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import Field, dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from commands.ports.series import MeterValue, TelemetryEvent
from domain.series import meter_buckets, reading_buckets
from domain.series.coarse_curve import joined
from domain.series.down_sampling import HOUR_MS, MINUTE_MS, QUARTER_MS, Bucket, Source, bucket_of, fuller, touched
from domain.series.load_curve import HOLD_MS
from domain.series.meter_buckets import MeterBucket
from domain.series.reading_buckets import SAMPLED_TYPES, ReadingBucket

V = TypeVar("V")


class StoredBucket(Bucket, Protocol):
    """A bucket whose fields are the columns of its table."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


B = TypeVar("B", bound=StoredBucket)
Place = tuple[Source, int]
"""The source and the start of a bucket."""
Owners = Sequence[str]
"""The sites or the vehicles of some sources."""
Values = Callable[[Owners, int, int], Iterable[V]]
"""The values of owners in a range, in the order of time, with the new ones."""
Buckets = Callable[[int, Owners, int, int], Iterable[B]]
"""The buckets of a width (ms) of owners that begin in a range."""


@dataclass(frozen=True, slots=True)
class Sampling(Generic[V, B]):
    """How values of a kind become buckets. `hold_ms`: how long a value counts after its time."""

    hold_ms: int
    id: Callable[[V], str]
    time_ms: Callable[[V], int]
    source: Callable[[V], Source]
    source_of: Callable[[B], Source]
    minute: Callable[[Source, int, Sequence[V]], B | None]
    merged: Callable[[int, Sequence[B]], B]

    def refreshed(self, new: Sequence[V], values: Values[V], buckets: Buckets[B]) -> Mapping[int, Sequence[B]]:
        """The buckets that new values change, by width (ms)."""
        if not new:
            return {}
        places = {
            (self.source(value), start_ms) for value in new for start_ms in touched(self.time_ms(value), self.hold_ms)
        }
        minutes = self._minutes(places, values, buckets)
        quarters = self._coarser(QUARTER_MS, MINUTE_MS, minutes, buckets)
        hours = self._coarser(HOUR_MS, QUARTER_MS, quarters, buckets)
        return {
            MINUTE_MS: [*minutes.values()],
            QUARTER_MS: [*quarters.values()],
            HOUR_MS: [*hours.values()],
        }

    def with_new(self, new: Sequence[V], values: Values[V]) -> Values[V]:
        """A query of values that adds the new ones, which can't be read yet."""

        def all_of_them(owners: Owners, from_ms: int, to_ms: int) -> Iterable[V]:
            found = {self.id(value): value for value in values(owners, from_ms, to_ms)}
            for value in new:
                if self.source(value)[0] in owners and from_ms <= self.time_ms(value) < to_ms:
                    found[self.id(value)] = value
            return sorted(found.values(), key=lambda value: (self.time_ms(value), self.id(value)))

        return all_of_them

    def _minutes(self, places: set[Place], values: Values[V], buckets: Buckets[B]) -> dict[Place, B]:
        known: dict[Place, B] = {}
        of_source: defaultdict[Source, list[V]] = defaultdict(list)
        owners = _owners(places)
        for from_ms, to_ms in joined((start_ms - self.hold_ms, start_ms + MINUTE_MS) for _, start_ms in places):
            known |= self._by_place(buckets(MINUTE_MS, owners, from_ms, to_ms))
            for value in values(owners, from_ms, to_ms):
                of_source[self.source(value)].append(value)
        fresh = {}
        for source, start_ms in sorted(places):
            near = [
                one for one in of_source[source] if start_ms - self.hold_ms <= self.time_ms(one) < start_ms + MINUTE_MS
            ]
            fullest = fuller(known.get((source, start_ms)), self.minute(source, start_ms, near))
            if fullest is not None:
                fresh[source, start_ms] = fullest
        return fresh

    def _coarser(self, width_ms: int, finer_ms: int, changed: Mapping[Place, B], buckets: Buckets[B]) -> dict[Place, B]:
        concerned = {(source, bucket_of(start_ms, width_ms)) for source, start_ms in changed}
        owners = _owners(concerned)
        finer: dict[Place, B] = {}
        for from_ms, to_ms in joined((start_ms, start_ms + width_ms) for _, start_ms in concerned):
            finer |= self._by_place(buckets(finer_ms, owners, from_ms, to_ms))
        finer |= changed
        parts: defaultdict[Place, list[B]] = defaultdict(list)
        for source, start_ms in sorted(finer):
            parts[source, bucket_of(start_ms, width_ms)].append(finer[source, start_ms])
        return {place: self.merged(place[1], parts[place]) for place in sorted(concerned)}

    def _by_place(self, buckets: Iterable[B]) -> dict[Place, B]:
        return {(self.source_of(bucket), bucket.start_ms): bucket for bucket in buckets}


def _owners(places: Iterable[Place]) -> Owners:
    return sorted({owner for (owner, _), _ in places})


METERED: Sampling[MeterValue, MeterBucket] = Sampling(
    hold_ms=HOLD_MS,
    id=lambda value: value.id,
    time_ms=lambda value: value.time_ms,
    source=lambda value: (value.site_id, value.charger_id),
    source_of=lambda bucket: (bucket.site_id, bucket.charger_id),
    minute=meter_buckets.minute,
    merged=meter_buckets.merged,
)
READ: Sampling[TelemetryEvent, ReadingBucket] = Sampling(
    hold_ms=0,
    id=lambda event: event.id,
    time_ms=lambda event: event.observed_ms,
    source=lambda event: (event.vehicle_id, event.type),
    source_of=lambda bucket: (bucket.vehicle_id, bucket.type),
    minute=reading_buckets.minute,
    merged=reading_buckets.merged,
)


def sampled(events: Sequence[TelemetryEvent]) -> Sequence[TelemetryEvent]:
    """The events of types that are down-sampled."""
    return [event for event in events if event.type in SAMPLED_TYPES]
