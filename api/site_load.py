"""A site's load and its limit over time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.context import Context
from commands.ports import MeterValue
from domain.load_curve import HOLD_MS, Curve, Sample, Steps, Transaction, curve, joined, site_w
from projections import chargers, grid_limits, transactions
from projections.projection import Row

SLICE_MS = 600_000
"""So much is worked out at a time; others have their turn in between. It takes 8 ms for 100 chargers that charge."""


@dataclass(frozen=True, slots=True)
class Point:
    """A step from `at_ms`: the mean load (None: unknown), and the limit as it begins (None: there is none)."""

    at_ms: int
    load_w: float | None
    limit_w: int | None


async def points(context: Context, site: Row, steps: Steps) -> list[Point]:
    """The load and the limit of a site (a row of `sites`) in each step."""
    first_ms = await context.series.first_metered_ms(site["id"])
    now_ms = context.clock.now_ms()
    told = range(now_ms if first_ms is None else min(first_ms, now_ms), now_ms)
    loads_w: list[float | None] = []
    for some in _slices(steps):
        curves = await _curves(context, site["id"], some, told) if _overlap(some, told) else []
        loads_w += [site_w(curves, step) for step in range(some.count)]
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
    most = max(1, SLICE_MS // steps.step_ms)
    for first in range(0, steps.count, most):
        yield Steps(steps.start_ms + first * steps.step_ms, steps.step_ms, min(most, steps.count - first))


def _overlap(steps: Steps, told: range) -> bool:
    return steps.start_ms < told.stop and told.start < steps.end_ms


def _parts(steps: Steps) -> list[Steps]:
    """A step that is longer than a slice, cut into such; others stay as they are."""
    if steps.step_ms <= SLICE_MS:
        return [steps]
    starts_ms = range(steps.start_ms, steps.end_ms, SLICE_MS)
    return [Steps(at_ms, min(SLICE_MS, steps.end_ms - at_ms), 1) for at_ms in starts_ms]


async def _curves(context: Context, site_id: str, steps: Steps, told: range) -> list[Curve]:
    """What each charger of a site drew."""
    since_ms = steps.start_ms - HOLD_MS
    voltages_mv = await context.database.read(lambda connection: chargers.voltages_mv(connection, site_id))
    rows = await context.database.read(
        lambda connection: transactions.between(connection, site_id, since_ms, steps.end_ms)
    )
    ran: defaultdict[str, list[Transaction]] = defaultdict(list)
    for row in rows:
        ran[row["charger_id"]].append(Transaction(row["id"], row["started_ms"], row["stopped_ms"]))
    drawn: defaultdict[str, list[Curve]] = defaultdict(list)
    for part in _parts(steps):
        samples = await _samples(context, site_id, part, voltages_mv)
        for charger_id in voltages_mv:
            drawn[charger_id].append(curve(part, told, samples[charger_id], ran[charger_id]))
        await asyncio.sleep(0)
    return [joined(steps, drawn[charger_id]) for charger_id in voltages_mv]


async def _samples(
    context: Context, site_id: str, steps: Steps, voltages_mv: Mapping[str, int]
) -> defaultdict[str, list[Sample]]:
    """What each charger measured, from where it reaches into the steps."""
    samples: defaultdict[str, list[Sample]] = defaultdict(list)
    for value in await context.series.meter_values(site_id, steps.start_ms - HOLD_MS, steps.end_ms):
        power_w = _power_w(value, voltages_mv.get(value.charger_id, 0))
        if power_w is not None:
            samples[value.charger_id].append(Sample(value.time_ms, power_w, value.transaction_id))
    return samples


def _power_w(value: MeterValue, voltage_mv: int) -> int | None:
    """As it was said, else from the currents; None where it told neither."""
    if value.power_w is not None or value.current_ma is None:
        return value.power_w
    return sum(value.current_ma) * voltage_mv // 1_000_000


async def _caps(context: Context, site: Row, from_ms: int, to_ms: int) -> Sequence[Row]:
    return await context.database.read(lambda connection: grid_limits.between(connection, site["id"], from_ms, to_ms))
