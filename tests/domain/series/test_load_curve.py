"""What chargers drew over time: samples hold for a while, the unknown is not 0, and nothing counts twice."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.series.load_curve import HOLD_MS, Curve, Sample, Span, Steps, Transaction, curve, site_w, spans

MINUTE_MS = 60_000
ALWAYS = range(-(1 << 40), 1 << 40)
HOUR = Steps(0, MINUTE_MS, 60)
RUNNING = Transaction(7, 0, None)


def means(steps: Steps, told: range, samples: list[Sample], transactions: list[Transaction]) -> list[float | None]:
    drawn = curve(steps, told, samples, transactions)
    return [drawn.mean_w(step) for step in range(steps.count)]


def test_a_charger_without_transaction_and_without_samples_counts_0():
    assert means(Steps(0, 10, 2), ALWAYS, [], []) == [0, 0]


def test_a_running_transaction_that_nothing_is_known_of_is_unknown_and_not_0():
    assert means(Steps(0, 10, 3), ALWAYS, [], [Transaction(7, 10, 20)]) == [0, None, 0]


def test_a_sample_holds_until_the_next_one():
    samples = [Sample(0, 3_000, 7), Sample(30_000, 6_000, 7), Sample(60_000, 1_000, 7)]
    assert means(Steps(0, MINUTE_MS, 2), ALWAYS, samples, [RUNNING]) == [4_500, 1_000]


def test_a_sample_from_before_the_range_reaches_into_it():
    assert means(Steps(0, 20_000, 3), ALWAYS, [Sample(-60_000, 2_000, 7)], [RUNNING]) == [2_000, 2_000, None]


def test_a_sample_holds_for_90_s_while_its_transaction_runs():
    assert spans([Sample(0, 3_000, 7)], [RUNNING])[0] == Span(0, HOLD_MS, 3_000)
    assert means(Steps(0, 30_000, 4), ALWAYS, [Sample(0, 3_000, 7)], [RUNNING]) == [3_000, 3_000, 3_000, None]


def test_the_end_of_its_transaction_ends_a_sample():
    stopped = Transaction(7, 0, 40_000)
    assert means(Steps(0, 20_000, 3), ALWAYS, [Sample(0, 3_000, 7)], [stopped]) == [3_000, 3_000, 0]


def test_a_sample_after_the_end_of_its_transaction_counts_nothing():
    assert spans([Sample(50_000, 3_000, 7)], [Transaction(7, 0, 40_000)]) == [Span(0, 40_000, None)]


def test_what_is_drawn_without_a_transaction_counts():
    assert spans([Sample(0, 500, None)], []) == [Span(0, HOLD_MS, 500)]


def test_of_two_samples_at_a_time_the_later_told_holds():
    assert spans([Sample(0, 1, None), Sample(0, 2, None)], []) == [Span(0, HOLD_MS, 2)]


def test_a_step_that_is_partly_known_tells_the_mean_of_that_part():
    assert means(Steps(0, 40_000, 1), ALWAYS, [Sample(30_000, 3_000, 7)], [RUNNING]) == [3_000]


def test_before_the_first_sample_of_the_site_and_after_now_nothing_is_known():
    samples = [Sample(20, 100, 7)]
    assert means(Steps(0, 10, 6), range(20, 40), samples, [RUNNING]) == [None, None, 100, 100, None, None]


def test_a_site_is_unknown_where_one_of_its_chargers_is():
    one, other = Curve(Steps(0, 10, 2)), Curve(Steps(0, 10, 2))
    one.add(Span(0, 20, 1_000))
    other.add(Span(0, 10, 500))
    other.add(Span(10, 20, None))
    assert [site_w([one, other], step) for step in range(2)] == [1_500, None]
    assert site_w([], 0) is None


TIMES = st.integers(-200_000, 1_000_000)
SAMPLES = st.lists(st.builds(Sample, TIMES, st.integers(0, 22_000), st.sampled_from([None, 1, 2])), max_size=20)


@st.composite
def transactions(draw: st.DrawFn) -> list[Transaction]:
    starts = draw(st.lists(TIMES, max_size=2))
    lasts = [draw(st.none() | st.integers(0, 400_000)) for _ in starts]
    return [
        Transaction(number, start, None if lasted is None else start + lasted)
        for number, (start, lasted) in enumerate(zip(starts, lasts, strict=True), 1)
    ]


def shared_ms(span: Span, start_ms: int, end_ms: int) -> int:
    return max(0, min(span.end_ms, end_ms) - max(span.start_ms, start_ms))


@given(SAMPLES, transactions())
def test_no_sample_counts_twice_and_no_moment_either(samples, ran):
    found = spans(samples, ran)
    for before, after in pairwise(found):
        assert before.end_ms <= after.start_ms
    held = [span for span in found if span.power_w is not None]
    assert len(held) <= len({sample.at_ms for sample in samples})
    for span in held:
        assert 0 < span.end_ms - span.start_ms <= HOLD_MS
        assert any((sample.at_ms, sample.power_w) == (span.start_ms, span.power_w) for sample in samples)


@given(SAMPLES, transactions(), TIMES)
def test_a_moment_is_unknown_where_a_transaction_runs_and_no_sample_holds(samples, ran, moment_ms):
    [span] = [span for span in spans(samples, ran) if span.start_ms <= moment_ms < span.end_ms] or [None]
    running = any(one.started_ms <= moment_ms < one.end_ms for one in ran)
    if span is None:
        assert not running
    elif span.power_w is None:
        assert running
