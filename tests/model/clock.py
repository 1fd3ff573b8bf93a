"""Virtual time: what is due happens in its order, and nothing happens between."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

from tests.stories.story import START_MS


class Agenda:
    """`now_ms` moves to what is due next."""

    def __init__(self) -> None:
        self.now_ms = START_MS
        self._due: list[tuple[int, int, Callable[[], object]]] = []
        self._order = count()

    def at(self, due_ms: int, action: Callable[[], object]) -> None:
        """Let something happen then; what is due already happens next."""
        heapq.heappush(self._due, (max(due_ms, self.now_ms), next(self._order), action))

    def after(self, wait_ms: int, action: Callable[[], object]) -> None:
        self.at(self.now_ms + wait_ms, action)

    def next_ms(self) -> int | None:
        return self._due[0][0] if self._due else None

    def take(self) -> Callable[[], object]:
        """What is due next; it is due now."""
        self.now_ms, _, action = heapq.heappop(self._due)
        return action
