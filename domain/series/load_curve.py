"""What chargers drew over time, from samples that come every half minute, in the steps of a range.

A sample holds until the next one, at most `HOLD_MS`, and not beyond the end of its transaction. While a transaction
runs and no sample holds, the power is unknown; without a transaction and without a sample it is 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

HOLD_MS = 90_000
"""Samples come every 30 s: one may be late, and one be lost."""
FOREVER_MS = 1 << 62


@dataclass(frozen=True, slots=True)
class Sample:
    """A measured power of a charger (W) at a time (ms UTC); `transaction_id` None: in none."""

    at_ms: int
    power_w: int
    transaction_id: str | None


@dataclass(frozen=True, slots=True)
class Transaction:
    """When a transaction ran; `stopped_ms` None: it still does."""

    id: str
    started_ms: int
    stopped_ms: int | None

    @property
    def end_ms(self) -> int:
        return FOREVER_MS if self.stopped_ms is None else self.stopped_ms


@dataclass(frozen=True, slots=True)
class Span:
    """From `start_ms` to before `end_ms` (ms UTC) the charger drew `power_w`; None: unknown."""

    start_ms: int
    end_ms: int
    power_w: int | None


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a range: `count` of `step_ms` each, from `start_ms`."""

    start_ms: int
    step_ms: int
    count: int

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.step_ms * self.count

    def parts(self, span: Span) -> Iterator[tuple[int, int]]:
        """(step, ms) of each step that the span shares time with."""
        start_ms, end_ms = max(span.start_ms, self.start_ms), min(span.end_ms, self.end_ms)
        while start_ms < end_ms:
            step = (start_ms - self.start_ms) // self.step_ms
            part_end_ms = min(end_ms, self.start_ms + self.step_ms * (step + 1))
            yield step, part_end_ms - start_ms
            start_ms = part_end_ms


@dataclass(slots=True)
class Curve:
    """What one charger drew in each step: the integral over the time that is known (W x ms), and that time (ms)."""

    steps: Steps
    drawn_w_ms: list[int] = field(init=False)
    known_ms: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.drawn_w_ms = [0] * self.steps.count
        self.known_ms = [self.steps.step_ms] * self.steps.count

    def add(self, span: Span) -> None:
        for step, part_ms in self.steps.parts(span):
            if span.power_w is None:
                self.known_ms[step] -= part_ms
            else:
                self.drawn_w_ms[step] += span.power_w * part_ms

    def mean_w(self, step: int) -> float | None:
        """The mean over the part of the step that is known; None: none of it is."""
        return self.drawn_w_ms[step] / self.known_ms[step] if self.known_ms[step] else None


def curve(steps: Steps, known: range, samples: Iterable[Sample], transactions: Iterable[Transaction]) -> Curve:
    """What a charger drew, given its samples from `HOLD_MS` before the range on, and the transactions that touch it.

    `known` is the time (ms UTC) that samples can cover: from the first sample of the site to now.
    """
    drawn = Curve(steps)
    for span in [Span(-FOREVER_MS, known.start, None), Span(known.stop, FOREVER_MS, None)]:
        drawn.add(span)
    for span in spans(samples, transactions):
        drawn.add(Span(max(span.start_ms, known.start), min(span.end_ms, known.stop), span.power_w))
    return drawn


def site_w(curves: Sequence[Curve], step: int) -> float | None:
    """What a site's chargers drew in a step; None where one of them is unknown throughout, or there is none."""
    means_w = [curve.mean_w(step) for curve in curves]
    known_w = [mean_w for mean_w in means_w if mean_w is not None]
    return sum(known_w) if known_w and len(known_w) == len(means_w) else None


def spans(samples: Iterable[Sample], transactions: Iterable[Transaction]) -> list[Span]:
    """All time at which the charger is not known to draw 0, without overlaps, in order."""
    ran = sorted(transactions, key=lambda transaction: transaction.started_ms)
    held = _held(samples, {transaction.id: transaction.end_ms for transaction in ran})
    return sorted([*held, *_unknown(held, ran)], key=lambda span: span.start_ms)


def _held(samples: Iterable[Sample], end_ms: dict[str, int]) -> list[Span]:
    """Of several samples at the same time, the one given last holds."""
    ordered = sorted(samples, key=lambda sample: sample.at_ms)
    ends = [after.at_ms for _, after in pairwise(ordered)] + [FOREVER_MS]
    return [
        Span(sample.at_ms, until_ms, sample.power_w)
        for sample, next_ms in zip(ordered, ends, strict=False)
        if (until_ms := min(next_ms, sample.at_ms + HOLD_MS, _end_ms(sample, end_ms))) > sample.at_ms
    ]


def _end_ms(sample: Sample, end_ms: dict[str, int]) -> int:
    return FOREVER_MS if sample.transaction_id is None else end_ms.get(sample.transaction_id, FOREVER_MS)


def _unknown(held: Sequence[Span], ran: Sequence[Transaction]) -> Iterator[Span]:
    """What of the transactions (in the order of their starts) no span (in order) covers."""
    covered_ms = -FOREVER_MS
    following = iter(held)
    span = next(following, None)
    for transaction in ran:
        start_ms = max(transaction.started_ms, covered_ms)
        while span is not None and span.start_ms < transaction.end_ms:
            if start_ms < span.start_ms:
                yield Span(start_ms, span.start_ms, None)
            start_ms = max(start_ms, span.end_ms)
            if span.end_ms > transaction.end_ms:
                break  # it covers the beginning of a later one, too
            span = next(following, None)
        if start_ms < transaction.end_ms:
            yield Span(start_ms, transaction.end_ms, None)
        covered_ms = max(start_ms, transaction.end_ms)
