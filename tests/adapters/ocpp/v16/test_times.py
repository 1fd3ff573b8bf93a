"""Points in time, read as chargers write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ocpp.v16.times import time_ms, time_text
from tests.adapters.ocpp.world import NOW_MS
from tests.examples import examples


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T00:00:00Z",
        "2026-01-01T01:00:00+01:00",
        "2026-01-01 00:00:00",
        " 2026-01-01T00:00:00.000000Z ",
        "2026-01-01t00:00:00z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00Z",
        "2026-1-1T0:0:0Z",
        "2026/01/01 00:00:00",
        "2025-12-31T24:00:00Z",
        "2025-12-31T23:59:60Z",
        "2026-01-01T00:00:00.0000004999Z",
        "2026-01-01T00:00:00,000Z",
        "2026-01-01T00:00:00 UTC",
        "2026-01-01T05:45:00+0545",
        "2026-01-01T14:00:00+14",
        "2025-12-31T14:30:00 -9:30",
        1767225600,
        "1767225600",
        1767225600000,
        1767225600.0001,
    ],
)
def test_times_are_read_as_chargers_write_them(text: Any) -> None:
    assert time_ms(text) == NOW_MS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "17",
        17,
        None,
        True,
        {},
        "1969-12-31T23:59:59Z",
        "2200-01-02T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "2026-02-30T00:00:00Z",
        "2026-01-01T25:00:00Z",
        "2026-01-01",
        "٢٠٢٦-01-01T00:00:00Z",
    ],
)
def test_other_times_are_refused(text: Any) -> None:
    with pytest.raises(ValueError):
        time_ms(text)


def test_times_are_written_in_utc_with_milliseconds() -> None:
    assert time_text(NOW_MS + 7) == "2026-01-01T00:00:00.007Z"


@given(st.integers(0, time_ms("2199-12-31T00:00:00Z")))
@settings(max_examples=examples(50))
def test_times_survive_being_written(at_ms: int) -> None:
    assert time_ms(time_text(at_ms)) == at_ms
