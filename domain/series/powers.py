"""The power that meter values show, by the one interpretation of readings (`domain.electrical.metering`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from domain.electrical import metering, register
from domain.electrical.believing import explained_by, most_ma, most_w
from domain.electrical.grid import Outlet
from domain.electrical.metering import Metering
from domain.electrical.register import Moment
from domain.series.load_curve import Sample
from domain.series.meter_buckets import Measured, MeterBucket

LEAD_MS = 180_000
"""Values from so long before a range show, together with its own, how a register grows."""


def samples(outlet: Outlet, values: Iterable[Measured]) -> Iterator[Sample]:
    """The power of each of an outlet's values, in the order of their times; of what is not believed there is none."""
    known = Metering()
    for value in values:
        now = Moment(value.time_ms, value.time_ms)
        if known.transaction_id != value.transaction_id:
            known = Metering(value.transaction_id)
        if known.energy is None and value.energy_wh is not None:
            begun = register.begin(value.transaction_id or "", outlet, value.energy_wh, now)
            known = replace(known, energy=begun)
        known, said = metering.read(known, outlet, value, now)
        if said.drawn is not None and said.drawn.believed:
            yield Sample(value.time_ms, said.drawn.power_w, value.transaction_id)


def drawn_w_ms(outlet: Outlet, bucket: MeterBucket) -> tuple[int, int]:
    """What flowed in a bucket (W x ms), and for how long values held: by power, or else by currents."""
    if bucket.held_ms:
        return bucket.drawn_w_ms, bucket.held_ms
    return bucket.drawn_ma_ms * outlet.voltage_mv // 1_000_000, bucket.current_held_ms


def is_possible(outlet: Outlet, bucket: MeterBucket) -> bool:
    """Whether an outlet can have carried what a bucket sums up; else its values are judged one by one."""
    most_ma_ms = most_ma(outlet) * len(outlet.phases) * bucket.current_held_ms
    if (bucket.greatest_w or 0) > most_w(outlet) or bucket.drawn_ma_ms > most_ma_ms:
        return False
    if not bucket.held_ms or bucket.current_held_ms != bucket.held_ms:
        return True
    explained_w = explained_by(outlet, bucket.drawn_ma_ms // bucket.held_ms)
    return bucket.drawn_w_ms // bucket.held_ms <= explained_w
