"""Buckets of meter values, made again from the values around each that comes: repeats and late ones do no harm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from commands.ports import MeterValue
from domain.coarse_curve import joined
from domain.down_sampling import (
    HOUR_MS,
    MINUTE_MS,
    QUARTER_MS,
    Bucket,
    bucket_of,
    fuller,
    merged,
    minute,
    touched,
)
from domain.load_curve import HOLD_MS

Values = Callable[[str, int, int], Iterable[MeterValue]]
"""The meter values of a site in a range, in order, the new ones among them."""
Buckets = Callable[[int, str, int, int], Iterable[Bucket]]
"""The buckets of a width (ms) of a site that begin in a range."""
Place = tuple[str, int]
"""A charger and the start of a bucket."""


def refreshed(new: Sequence[MeterValue], values: Values, buckets: Buckets) -> Mapping[int, Sequence[Bucket]]:
    """Width -> the buckets that new values change, as they are with them."""
    of_site: defaultdict[str, set[Place]] = defaultdict(set)
    for value in new:
        of_site[value.site_id].update((value.charger_id, start_ms) for start_ms in touched(value.time_ms))
    found: defaultdict[int, list[Bucket]] = defaultdict(list)
    for site_id, places in of_site.items():
        fresh = _minutes(site_id, places, values, buckets)
        found[MINUTE_MS] += fresh.values()
        for width_ms, finer_ms in ((QUARTER_MS, MINUTE_MS), (HOUR_MS, QUARTER_MS)):
            fresh = _coarser(site_id, width_ms, finer_ms, fresh, buckets)
            found[width_ms] += fresh.values()
    return found


def _minutes(site_id: str, places: set[Place], values: Values, buckets: Buckets) -> dict[Place, Bucket]:
    known: dict[Place, Bucket] = {}
    of_charger: defaultdict[str, list[MeterValue]] = defaultdict(list)
    for from_ms, to_ms in joined((start_ms - HOLD_MS, start_ms + MINUTE_MS) for _, start_ms in places):
        known |= _by_place(buckets(MINUTE_MS, site_id, from_ms, to_ms))
        for value in values(site_id, from_ms, to_ms):
            of_charger[value.charger_id].append(value)
    fresh = {}
    for charger_id, start_ms in sorted(places):
        near = [one for one in of_charger[charger_id] if start_ms - HOLD_MS <= one.time_ms < start_ms + MINUTE_MS]
        kept = fuller(known.get((charger_id, start_ms)), minute(charger_id, site_id, start_ms, near))
        if kept is not None:
            fresh[charger_id, start_ms] = kept
    return fresh


def _coarser(
    site_id: str, width_ms: int, finer_ms: int, changed: Mapping[Place, Bucket], buckets: Buckets
) -> dict[Place, Bucket]:
    starts_ms = {bucket_of(start_ms, width_ms) for _, start_ms in changed}
    finer: dict[Place, Bucket] = {}
    for from_ms, to_ms in joined((start_ms, start_ms + width_ms) for start_ms in starts_ms):
        finer |= _by_place(buckets(finer_ms, site_id, from_ms, to_ms))
    finer |= changed
    parts: defaultdict[Place, list[Bucket]] = defaultdict(list)
    for charger_id, start_ms in sorted(finer):
        parts[charger_id, bucket_of(start_ms, width_ms)].append(finer[charger_id, start_ms])
    concerned = {(charger_id, bucket_of(start_ms, width_ms)) for charger_id, start_ms in changed}
    return {place: merged(place[1], parts[place]) for place in sorted(concerned)}


def _by_place(buckets: Iterable[Bucket]) -> dict[Place, Bucket]:
    return {(bucket.charger_id, bucket.start_ms): bucket for bucket in buckets}
