"""Down-sampled readings: what they say is what the readings say."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from domain.series.down_sampling import HOUR_MS, MINUTE_MS, bucket_of, touched
from domain.series.reading_buckets import ReadingBucket, merged, minute

SOC = ("v1", "soc")


@dataclass(frozen=True)
class Told:
    observed_ms: int
    value: float | bool | str


def test_a_reading_counts_in_the_minute_in_which_it_was_observed() -> None:
    told = [Told(59_999, 80.0), Told(60_000, 79.5), Told(119_999, 79.25), Told(120_000, 79.0)]
    assert minute(SOC, MINUTE_MS, told) == ReadingBucket("v1", "soc", MINUTE_MS, 2, 158_750, 79_250, 79_500, 79_250)
    assert minute(SOC, 3 * MINUTE_MS, told) is None
    assert [list(touched(one.observed_ms, 0)) for one in told] == [[0], [60_000], [60_000], [120_000]]


def test_of_yes_and_no_the_mean_is_the_share_of_yes() -> None:
    told = [Told(0, True), Told(1, False), Told(2, True), Told(3, True)]
    bucket = minute(("v1", "plugged_in"), 0, told)
    assert bucket is not None
    assert (bucket.mean_milli, bucket.least_milli, bucket.greatest_milli, bucket.last_milli) == (750, 0, 1_000, 1_000)


values = st.lists(
    st.builds(Told, st.integers(0, HOUR_MS - 1), st.integers(0, 1_000).map(lambda permille: permille / 10)),
    min_size=1,
    unique_by=lambda told: told.observed_ms,
).map(lambda told: sorted(told, key=lambda one: one.observed_ms))


@given(values)
def test_an_hour_of_its_minutes_says_what_its_readings_say(told: list[Told]) -> None:
    starts_ms = sorted({bucket_of(one.observed_ms, MINUTE_MS) for one in told})
    hour = merged(0, [bucket for start_ms in starts_ms if (bucket := minute(SOC, start_ms, told))])
    milli = [round(float(one.value) * 1000) for one in told]
    assert hour == ReadingBucket("v1", "soc", 0, len(told), sum(milli), min(milli), max(milli), milli[-1])
