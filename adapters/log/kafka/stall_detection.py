"""Detection of a stalled consumer: one that receives nothing although there are records.

After a broker's restart librdkafka 2.16 may wait for ever, without an error, for records that exist.
"""

from __future__ import annotations

from collections.abc import Callable

LOOK_S = 5.0


class StallDetector:
    """Asked while nothing is received. `patience_s`: how long there may be records that can't be read yet."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._look_at_s = 0.0
        self._missing_since_s: float | None = None

    def received(self, now_s: float) -> None:
        """Something was received."""
        self._look_at_s = now_s + LOOK_S
        self._missing_since_s = None

    def is_stalled(self, now_s: float, misses: Callable[[], bool]) -> bool:
        """Whether records were missed at every look, for longer than the patience. It looks every `LOOK_S`."""
        if now_s < self._look_at_s:
            return False
        self._look_at_s = now_s + LOOK_S
        if not misses():
            self._missing_since_s = None
        elif self._missing_since_s is None:
            self._missing_since_s = now_s
        return self._missing_since_s is not None and now_s - self._missing_since_s > self._patience_s
