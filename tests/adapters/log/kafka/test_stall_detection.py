"""A consumer that is cut off is told from one that has nothing to hear."""

from __future__ import annotations

from adapters.log.kafka.stall_detection import LOOK_S, StallDetector

PATIENCE_S = 3 * LOOK_S


def stalled_at(detector: StallDetector, misses: dict[float, bool]) -> list[float]:
    """When it was certain, asked at these times, where something was missed or not."""
    return [now_s for now_s, missed in misses.items() if detector.is_stalled(now_s, lambda missed=missed: missed)]


def test_who_misses_something_for_longer_than_the_patience_is_deaf() -> None:
    looks = {LOOK_S * number: True for number in range(6)}
    assert stalled_at(StallDetector(PATIENCE_S), looks) == [LOOK_S * 4, LOOK_S * 5]


def test_who_was_up_to_date_once_begins_anew() -> None:
    looks = {LOOK_S * number: number != 2 for number in range(8)}
    assert stalled_at(StallDetector(PATIENCE_S), looks) == [LOOK_S * 7]


def test_who_hears_something_begins_anew() -> None:
    detector = StallDetector(PATIENCE_S)
    assert stalled_at(detector, {LOOK_S * number: True for number in range(4)}) == []
    detector.received(LOOK_S * 3)
    assert stalled_at(detector, {LOOK_S * number: True for number in range(4, 8)}) == []


def test_it_looks_rarely() -> None:
    looks = 0

    def misses() -> bool:
        nonlocal looks
        looks += 1
        return False

    detector = StallDetector(PATIENCE_S)
    for tenths in range(round(LOOK_S * 30)):
        detector.is_stalled(tenths / 10, misses)
    assert looks == 3
