"""A site's load and its limit over time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.context import Context
from commands.ports.series import MeterValue
from domain.series.coarse_curve import CoarseCurve, Range, joined
from domain.series.down_sampling import WIDTHS_MS
from domain.series.load_curve import HOLD_MS, Curve, Steps, Transaction, site_w, spans
from domain.series.meter_buckets import MeterBucket
from domain.series.powers import LEAD_MS, samples
from projections import chargers, grid_limits, transactions
from projections.projection import Row

SLICE_MS = 3_600_000
SLICE_STEPS = 100
"""The curve is computed in slices of this length, or this many steps if that is longer; others run in between."""


@dataclass(frozen=True, slots=True)
class Point:
    """A step from `at_ms`: the mean load (None: unknown), and the limit at its start (None: there is none)."""

    at_ms: int
    load_w: float | None
    limit_w: int | None


async def points(context: Context, site: Row, steps: Steps) -> list[Point]:
    """The load and the limit of a site (a row of `sites`) in each step."""
    first_ms = await context.series.first_metered_ms(site["id"])
    now_ms = context.clock.now_ms()
    metered = range(now_ms if first_ms is None else min(first_ms, now_ms), now_ms)
    loads_w: list[float | None] = []
    for some in _slices(steps):
        curves = await _curves(context, site["id"], some, metered) if _overlap(some, metered) else []
        loads_w += [site_w(curves, step) for step in range(some.count)]
        await asyncio.sleep(0)
    caps = await _caps(context, site, steps.start_ms, steps.end_ms)
    starts_ms = range(steps.start_ms, steps.end_ms, steps.step_ms)
    return [
        Point(at_ms, load_w, grid_limits.lowest_w(site["max_w"], caps, at_ms))
        for at_ms, load_w in zip(starts_ms, loads_w, strict=True)
    ]


async def now(context: Context, site: Row, over_ms: int = 60_000) -> Point:
    """The mean load of the last minute, and the present limit."""
    now_ms = context.clock.now_ms()
    [last] = await points(context, site, Steps(now_ms - over_ms, over_ms, 1))
    caps = await _caps(context, site, now_ms, now_ms + 1)
    return Point(now_ms, last.load_w, grid_limits.lowest_w(site["max_w"], caps, now_ms))


def _slices(steps: Steps) -> Iterator[Steps]:
    most = max(SLICE_STEPS, SLICE_MS // steps.step_ms)
    for first in range(0, steps.count, most):
        yield Steps(steps.start_ms + first * steps.step_ms, steps.step_ms, min(most, steps.count - first))


def _overlap(steps: Steps, metered: range) -> bool:
    return steps.start_ms < metered.stop and metered.start < steps.end_ms


async def _curves(context: Context, site_id: str, steps: Steps, metered: range) -> list[Curve]:
    """The load of each charger of a site, from the coarsest buckets that give the same as the meter values."""
    since_ms = steps.start_ms - HOLD_MS
    outlets = await context.database.read(lambda connection: chargers.outlets(connection, site_id))
    rows = await context.database.read(
        lambda connection: transactions.between(connection, site_id, since_ms, steps.end_ms)
    )
    ran: defaultdict[str, list[Transaction]] = defaultdict(list)
    for row in rows:
        ran[row["charger_id"]].append(Transaction(row["id"], row["started_ms"], row["stopped_ms"]))
    coarse = {outlet.id: CoarseCurve(outlet, steps, metered, ran[outlet.id]) for outlet in outlets.values()}
    for width_ms in reversed(WIDTHS_MS):
        if width_ms <= steps.step_ms:
            found = await _buckets(context, width_ms, site_id, coarse.values())
            for charger_id, one in coarse.items():
                one.use(width_ms, found[charger_id])
    values = await _values(context, site_id, coarse.values())
    return [
        one.finish(spans(samples(outlets[charger_id], values[charger_id]), ran[charger_id]))
        for charger_id, one in coarse.items()
    ]


def _rest(curves: Iterable[CoarseCurve]) -> Sequence[Range]:
    """The ranges that are not known yet of any of them."""
    return joined(some for one in curves for some in one.rest)


async def _buckets(
    context: Context, width_ms: int, site_id: str, curves: Iterable[CoarseCurve]
) -> Mapping[str, Mapping[int, MeterBucket]]:
    found: defaultdict[str, dict[int, MeterBucket]] = defaultdict(dict)
    for from_ms, to_ms in _rest(curves):
        for bucket in await context.series.meter_buckets(width_ms, site_id, from_ms, to_ms):
            found[bucket.charger_id][bucket.start_ms] = bucket
    return found


async def _values(context: Context, site_id: str, curves: Iterable[CoarseCurve]) -> Mapping[str, Sequence[MeterValue]]:
    """The values of each charger that the rest of the curves needs, in the order of their times."""
    values: defaultdict[str, list[MeterValue]] = defaultdict(list)
    for from_ms, to_ms in joined((from_ms - LEAD_MS, to_ms) for from_ms, to_ms in _rest(curves)):
        for value in await context.series.meter_values(site_id, from_ms, to_ms):
            values[value.charger_id].append(value)
    return values


async def _caps(context: Context, site: Row, from_ms: int, to_ms: int) -> Sequence[Row]:
    return await context.database.read(lambda connection: grid_limits.between(connection, site["id"], from_ms, to_ms))
