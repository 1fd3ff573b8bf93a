"""An event loop whose time jumps: where nothing is left to do at an instant, it is the next one at once.

So the real code runs a day in seconds, and always in the same order: no thread, no socket and no clock takes part.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
Passing = Callable[[float, float], float]
"""Time passes from one instant to another (s) while nothing is done; returns how far it may: no further than asked."""


class Stuck(RuntimeError):
    """Everything waits, and nothing will ever come."""


class _Jumping(selectors.SelectSelector):
    """Looks at no file; to wait is to jump."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.now_ms = 0
        self.passing: Passing = lambda _, to_s: to_s

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck("everything waits, and nothing will ever come")
        if timeout > 0:
            self.now_s = self.passing(self.now_s, self.now_s + timeout)
            self.now_ms = round(self.now_s * 1000)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its time begins at 0 s."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s

    @property
    def now_ms(self) -> int:
        """The time in ms."""
        return self._jumping.now_ms

    def while_time_passes(self, passing: Passing) -> None:
        """Call `passing` for each stretch of time in which nothing is done."""
        self._jumping.passing = passing


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` in virtual time. Raises what it raises, and `Stuck`."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
