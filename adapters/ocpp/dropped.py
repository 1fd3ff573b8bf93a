"""Parts of chargers' messages that can't be read: left out, and logged at most so often."""

from __future__ import annotations

from collections import OrderedDict

import structlog

QUIET_MS = 10 * 60_000
"""One part of one message, dropped for one reason, is logged at most this often."""
REMEMBERED = 64
"""Parts that are remembered; the one that was logged longest ago is forgotten first."""

log = structlog.get_logger()


class Dropped:
    """Of one charger, on all of its sockets."""

    def __init__(self) -> None:
        self._of_part: OrderedDict[tuple[str, str, str], tuple[int, int]] = OrderedDict()
        """(when it was logged, how often it was dropped since)."""

    def report(self, charger_id: str, message: str, field: str, reason: str, now_ms: int) -> None:
        """A `field` of a `message` was left out for this reason."""
        part = (message, field, reason)
        logged_ms, since = self._of_part.get(part, (now_ms - QUIET_MS, 0))
        if now_ms < logged_ms + QUIET_MS:
            self._of_part[part] = (logged_ms, since + 1)
            return
        log.warning(
            "part of a message dropped",
            charger=charger_id,
            message=message,
            field=field,
            reason=reason,
            unlogged=since,
        )
        self._of_part[part] = (now_ms, 0)
        self._of_part.move_to_end(part)
        if len(self._of_part) > REMEMBERED:
            self._of_part.popitem(last=False)
