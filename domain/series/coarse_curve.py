"""The load curve from down-sampled values wherever that gives the very same, so that long ranges are quick.

A bucket stands for its values where it lies within one step, no transaction begins or ends in it or shortly before, and
all that held in it was power, or all of it current, of the one transaction that runs, and possible. What is left over
is taken from finer buckets, and in the end from the values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from domain.electrical.grid import Outlet
from domain.series.load_curve import HOLD_MS, Curve, Span, Steps, Transaction
from domain.series.meter_buckets import MeterBucket
from domain.series.powers import drawn_w_ms, is_possible

Range = tuple[int, int]
"""From a time to before another (ms)."""


class CoarseCurve:
    """The power of one outlet, as far as it is known yet; `rest` is the time that is not, in order."""

    def __init__(self, outlet: Outlet, steps: Steps, known: range, transactions: Sequence[Transaction]) -> None:
        self._outlet = outlet
        start_ms = min(max(steps.start_ms, known.start), steps.end_ms)
        end_ms = max(min(steps.end_ms, known.stop), start_ms)
        self.curve = Curve(steps)
        self.curve.add(Span(steps.start_ms, start_ms, None))
        self.curve.add(Span(end_ms, steps.end_ms, None))
        self.rest: list[Range] = [(start_ms, end_ms)] if start_ms < end_ms else []
        self._transactions = transactions

    def use(self, width_ms: int, buckets: Mapping[int, MeterBucket]) -> None:
        """Use the buckets of a width (by their start) that can stand for their values. A missing one has none."""
        rest: list[Range] = []
        edges_ms = {edge for one in self._transactions for edge in (one.started_ms, one.end_ms)}
        unclear = {start for edge in edges_ms for start in _near(edge, width_ms)}
        for from_ms, to_ms in self.rest:
            reached_ms = from_ms
            for start_ms in range(-(-from_ms // width_ms) * width_ms, to_ms - width_ms + 1, width_ms):
                bucket = buckets.get(start_ms)
                if start_ms not in unclear and self._in_one_step(start_ms, width_ms) and self._clear(bucket, start_ms):
                    self._add(start_ms, width_ms, bucket)
                    _append(rest, reached_ms, start_ms)
                    reached_ms = start_ms + width_ms
            _append(rest, reached_ms, to_ms)
        self.rest = rest

    def finish(self, spans: Iterable[Span]) -> Curve:
        """Use the spans of the values for the rest (`domain.series.load_curve.spans`)."""
        ordered = list(spans)
        for from_ms, to_ms in self.rest:
            for span in ordered:
                if span.start_ms < to_ms and from_ms < span.end_ms:
                    self.curve.add(Span(max(span.start_ms, from_ms), min(span.end_ms, to_ms), span.power_w))
        return self.curve

    def _in_one_step(self, start_ms: int, width_ms: int) -> bool:
        steps = self.curve.steps
        first = (start_ms - steps.start_ms) // steps.step_ms
        return first == (start_ms + width_ms - 1 - steps.start_ms) // steps.step_ms

    def _clear(self, bucket: MeterBucket | None, start_ms: int) -> bool:
        """Whether what held belongs to no transaction that was over before: such values count nothing."""
        if bucket is None:
            return True
        over = any(one.id == bucket.transaction_id and one.end_ms <= start_ms for one in self._transactions)
        return bucket.uniform and is_possible(self._outlet, bucket) and not over

    def _add(self, start_ms: int, width_ms: int, bucket: MeterBucket | None) -> None:
        drawn, held_ms = (0, 0) if bucket is None else drawn_w_ms(self._outlet, bucket)
        runs = any(one.started_ms <= start_ms < one.end_ms for one in self._transactions)
        step = (start_ms - self.curve.steps.start_ms) // self.curve.steps.step_ms
        self.curve.drawn_w_ms[step] += drawn
        if runs:
            self.curve.known_ms[step] -= width_ms - held_ms


def joined(ranges: Iterable[Range]) -> list[Range]:
    """The same time without overlaps, in order."""
    found: list[Range] = []
    for start_ms, end_ms in sorted(ranges):
        if found and start_ms <= found[-1][1]:
            found[-1] = found[-1][0], max(end_ms, found[-1][1])
        else:
            found.append((start_ms, end_ms))
    return found


def _near(edge_ms: int, width_ms: int) -> range:
    """The starts of the buckets that a transaction's begin or end lies in, or shortly before."""
    first_ms = edge_ms - edge_ms % width_ms
    return range(first_ms, edge_ms + HOLD_MS + 1, width_ms)


def _append(ranges: list[Range], start_ms: int, end_ms: int) -> None:
    if start_ms < end_ms:
        ranges.append((start_ms, end_ms))
