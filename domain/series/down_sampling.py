"""Values by time in buckets of a minute, a quarter of an hour and an hour, which are stored longer than the values.

A minute follows from its values, and a coarser bucket from finer ones: in whatever order values come, and come again,
the buckets are the same.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

MINUTE_MS = 60_000
QUARTER_MS = 900_000
HOUR_MS = 3_600_000
WIDTHS_MS = (MINUTE_MS, QUARTER_MS, HOUR_MS)

Source = tuple[str, str]
"""The source of the values of a bucket: a site's charger, or a type of a vehicle's readings."""


class Bucket(Protocol):
    """The summary of a source's values from `start_ms` on (ms UTC); `values`: how many there are."""

    @property
    def start_ms(self) -> int: ...
    @property
    def values(self) -> int: ...


B = TypeVar("B", bound=Bucket)


def touched(time_ms: int, hold_ms: int) -> range:
    """The starts of the minutes that a value at a time may change: its own, and those that it holds into."""
    return range(bucket_of(time_ms, MINUTE_MS), time_ms + max(hold_ms, 1), MINUTE_MS)


def bucket_of(start_ms: int, width_ms: int) -> int:
    """The start of the bucket of a width that a time, or a finer bucket, belongs to."""
    return start_ms - start_ms % width_ms


def fuller(known: B | None, fresh: B | None) -> B | None:
    """The bucket to store: a value that comes after its minute's others are forgotten must not stand for them."""
    if known is None or fresh is None:
        return known or fresh
    return known if known.values > fresh.values else fresh
