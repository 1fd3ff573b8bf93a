"""Meter values in buckets of a minute, a quarter of an hour and an hour.

A value holds until the next one, at most `HOLD_MS`. So over a bucket:
    mean power   = drawn_w_ms / held_ms            (each value weighs as long as it held within the bucket)
    mean current = drawn_ma_ms / current_held_ms   (mA, the phases together)
    energy       = the meter's last reading here less its last one before, to the Wh
Least and greatest power are of the values that held here. All of it adds up: coarser buckets follow from finer ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from domain.series.down_sampling import MINUTE_MS, Source
from domain.series.load_curve import FOREVER_MS, HOLD_MS


class Measured(Protocol):
    """The fields of a meter value that are summarised. None: not reported."""

    @property
    def time_ms(self) -> int: ...
    @property
    def current_ma(self) -> tuple[int, int, int] | None: ...
    @property
    def power_w(self) -> int | None: ...
    @property
    def energy_wh(self) -> int | None: ...
    @property
    def transaction_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class MeterBucket:
    """What a charger measured from `start_ms` on. `values` came in that time; others held into it from before.

    `uniform`: all values that held report a power, or none of them and all a current, in the one transaction
    `transaction_id` (None: in none); and no value is of energy alone, where power follows from how that grows.
    """

    charger_id: str
    site_id: str
    start_ms: int
    values: int
    first_ms: int | None
    drawn_w_ms: int
    held_ms: int
    drawn_ma_ms: int
    current_held_ms: int
    least_w: int | None
    greatest_w: int | None
    energy_wh: int | None
    """The meter's last reading."""
    transaction_id: str | None
    uniform: bool


@dataclass(frozen=True, slots=True)
class _Held:
    value: Measured
    ms: int


def minute(source: Source, start_ms: int, values: Sequence[Measured]) -> MeterBucket | None:
    """The bucket of a minute from a charger's values since `HOLD_MS` before it, in order; None: nothing held in it.

    `source`: site and charger.
    """
    site_id, charger_id = source
    end_ms = start_ms + MINUTE_MS
    within = [value for value in values if start_ms <= value.time_ms < end_ms]
    flowing = [value for value in values if value.power_w is not None or value.current_ma is not None]
    held = list(_held(flowing, start_ms, end_ms))
    if not within and not held:
        return None
    powers_w = [(one.value.power_w, one.ms) for one in held if one.value.power_w is not None]
    currents = [(sum(one.value.current_ma), one.ms) for one in held if one.value.current_ma is not None]
    energies = [value.energy_wh for value in within if value.energy_wh is not None]
    transactions = {one.value.transaction_id for one in held}
    return MeterBucket(
        charger_id=charger_id,
        site_id=site_id,
        start_ms=start_ms,
        values=len(within),
        first_ms=within[0].time_ms if within else None,
        drawn_w_ms=sum(power_w * ms for power_w, ms in powers_w),
        held_ms=sum(ms for _, ms in powers_w),
        drawn_ma_ms=sum(current_ma * ms for current_ma, ms in currents),
        current_held_ms=sum(ms for _, ms in currents),
        least_w=min((power_w for power_w, _ in powers_w), default=None),
        greatest_w=max((power_w for power_w, _ in powers_w), default=None),
        energy_wh=energies[-1] if energies else None,
        transaction_id=next(iter(transactions)) if len(transactions) == 1 else None,
        uniform=len(transactions) <= 1 and len(powers_w) in (0, len(held)) and (bool(held) or not energies),
    )


def _held(flowing: Sequence[Measured], start_ms: int, end_ms: int) -> Iterator[_Held]:
    """For how long within the bucket each value held. Of several at the same time the last one does."""
    ends_ms = [after.time_ms for _, after in pairwise(flowing)] + [FOREVER_MS]
    for value, next_ms in zip(flowing, ends_ms, strict=False):
        until_ms = min(next_ms, value.time_ms + HOLD_MS, end_ms)
        from_ms = max(value.time_ms, start_ms)
        if from_ms < until_ms:
            yield _Held(value, until_ms - from_ms)


def merged(start_ms: int, finer: Sequence[MeterBucket]) -> MeterBucket:
    """The coarser bucket of finer ones of a charger, in order; there is at least one."""
    held = [one for one in finer if one.held_ms or one.current_held_ms]
    transactions = {one.transaction_id for one in held}
    return MeterBucket(
        charger_id=finer[0].charger_id,
        site_id=finer[0].site_id,
        start_ms=start_ms,
        values=sum(one.values for one in finer),
        first_ms=min((one.first_ms for one in finer if one.first_ms is not None), default=None),
        drawn_w_ms=sum(one.drawn_w_ms for one in finer),
        held_ms=sum(one.held_ms for one in finer),
        drawn_ma_ms=sum(one.drawn_ma_ms for one in finer),
        current_held_ms=sum(one.current_held_ms for one in finer),
        least_w=min((one.least_w for one in finer if one.least_w is not None), default=None),
        greatest_w=max((one.greatest_w for one in finer if one.greatest_w is not None), default=None),
        energy_wh=_last(one.energy_wh for one in finer),
        transaction_id=next(iter(transactions)) if len(transactions) == 1 else None,
        uniform=len(transactions) <= 1
        and all(one.uniform for one in finer)
        and len({one.held_ms > 0 for one in held}) <= 1,
    )


def _last(values: Iterable[int | None]) -> int | None:
    present = [value for value in values if value is not None]
    return present[-1] if present else None
