"""The clock of a charge point, which may be wrong: it dates what the charge point reports, and times its schedules."""

from __future__ import annotations

from simulators.time.virtual_time import VirtualTime, rfc3339


class Clock:
    """A clock that is `ahead_s` ahead of the time (behind it where negative)."""

    def __init__(self, time: VirtualTime, ahead_s: int) -> None:
        self._time = time
        self.ahead_ms = ahead_s * 1000

    @property
    def now_ms(self) -> int:
        """What it shows, ms since 1970 UTC."""
        return self._time.now_ms + self.ahead_ms

    @property
    def now_text(self) -> str:
        """What it shows, as RFC 3339, UTC."""
        return rfc3339(self.now_ms)
