"""What is dropped of a charger's messages is logged, and at most so often."""

from __future__ import annotations

from structlog.testing import capture_logs

from adapters.ocpp.dropped import QUIET_MS, REMEMBERED, Dropped


def test_one_reason_is_logged_once_in_a_while_and_counted_in_between() -> None:
    dropped = Dropped()
    with capture_logs() as lines:
        for now_ms in (0, 1, QUIET_MS - 1, QUIET_MS):
            dropped.report("CP1", "MeterValues", "unit", "a text is needed", now_ms)
    assert lines == [
        {
            "event": "part of a message dropped",
            "log_level": "warning",
            "charger": "CP1",
            "message": "MeterValues",
            "field": "unit",
            "reason": "a text is needed",
            "unlogged": unlogged,
        }
        for unlogged in (0, 2)
    ]


def test_another_part_is_logged_at_once() -> None:
    dropped = Dropped()
    with capture_logs() as lines:
        for part in (("A", "f", "r"), ("B", "f", "r"), ("A", "g", "r"), ("A", "f", "s"), ("A", "f", "r")):
            dropped.report("CP1", *part, 0)
    assert len(lines) == 4


def test_what_is_remembered_does_not_grow_without_end() -> None:
    dropped = Dropped()
    with capture_logs() as lines:
        for field in [*map(str, range(REMEMBERED + 1)), "0", str(REMEMBERED)]:
            dropped.report("CP1", "A", field, "r", 0)
    assert len(lines) == REMEMBERED + 2
