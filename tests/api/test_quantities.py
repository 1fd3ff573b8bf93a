"""What is written in kW, A, % and RFC 3339 becomes integers: exactly, in the direction that promises least."""

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from commands.quantities import Instant, rfc3339, round_down, round_nearest, round_up

AMOUNTS = st.decimals(0, 1_000_000, places=6).map(float)
MOMENTS = st.datetimes(datetime(2000, 1, 2), datetime(2199, 12, 30))
OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANT: TypeAdapter[int] = TypeAdapter(Instant)


@given(AMOUNTS, st.sampled_from([10, 1_000, 60_000]))
def test_rounding_is_exact_on_the_number_as_it_was_written(value: float, factor: int) -> None:
    exact = Fraction(repr(value)) * factor
    assert 0 <= exact - round_down(value, factor) < 1
    assert 0 <= round_up(value, factor) - exact < 1
    assert -Fraction(1, 2) <= round_nearest(value, factor) - exact <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("value", "down", "nearest", "up"), [(0.29, 290, 290, 290), (0.0005, 0, 1, 1), (1, 1000, 1000, 1000)]
)
def test_decimals_that_floats_only_nearly_hold(value: float, down: int, nearest: int, up: int) -> None:
    assert (round_down(value, 1000), round_nearest(value, 1000), round_up(value, 1000)) == (down, nearest, up)


@given(MOMENTS, OFFSETS)
def test_an_instant_is_the_same_in_any_offset_and_leaves_in_utc(moment: datetime, offset: timezone) -> None:
    time_ms = INSTANT.validate_python(moment.replace(tzinfo=UTC).astimezone(offset).isoformat())
    left = rfc3339(time_ms)
    assert left is not None
    assert left.endswith("Z")
    assert datetime.fromisoformat(left) == moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)
    assert INSTANT.validate_python(left) == time_ms


def test_no_time_stays_none() -> None:
    assert rfc3339(None) is None
