"""Whether a consumer hears nothing because nothing is said, or because it is cut off for good.

After a broker's restart librdkafka 2.16 may wait for ever, without an error, for what is there to be read.
"""

from __future__ import annotations

from collections.abc import Callable

LOOK_S = 5.0


class StallDetector:
    """To be asked while nothing comes. `patience_s`: so long may there be something that can't be read yet."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._look_at_s = 0.0
        self._missed_since_s: float | None = None

    def received(self, now_s: float) -> None:
        """Something came."""
        self._look_at_s = now_s + LOOK_S
        self._missed_since_s = None

    def is_stalled(self, now_s: float, misses: Callable[[], bool]) -> bool:
        """Whether something was missed each time this looked, for longer than the patience. It looks rarely."""
        if now_s < self._look_at_s:
            return False
        self._look_at_s = now_s + LOOK_S
        if not misses():
            self._missed_since_s = None
        elif self._missed_since_s is None:
            self._missed_since_s = now_s
        return self._missed_since_s is not None and now_s - self._missed_since_s > self._patience_s
