"""A throttle against guessing: a key that failed too often within a window has to wait."""

from __future__ import annotations

from collections import OrderedDict, deque

REMEMBERED = 10_000
"""Keys whose failures are remembered; the one that failed longest ago is forgotten first."""


class Throttle:
    """Counts failures per key over a sliding window."""

    def __init__(self, limit: int, window_ms: int) -> None:
        self._limit = limit
        self._window_ms = window_ms
        self._failures: OrderedDict[str, deque[int]] = OrderedDict()

    def wait_ms(self, key: str, now_ms: int) -> int:
        """How long `key` must wait until it may try again; 0: it may now."""
        failures = self._failures.get(key)
        if failures is None or len(failures) < self._limit:
            return 0
        return max(0, failures[0] + self._window_ms - now_ms)

    def failed(self, key: str, now_ms: int) -> None:
        self._failures.setdefault(key, deque(maxlen=self._limit)).append(now_ms)
        self._failures.move_to_end(key)
        if len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)
