"""Retries while the server is away, limited in wall time, since virtual time stands still meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

T = TypeVar("T")
_AGAIN_S = 0.1


async def patiently(attempt: Callable[[], Awaitable[T]], gone: type[Exception], patience_s: float) -> T:
    """The result of `attempt`, repeated while it raises `gone`; raises the last one after `patience_s`."""
    give_up_s = monotonic() + patience_s
    while True:
        try:
            return await attempt()
        except gone as error:
            if not patience_s:
                raise
            if monotonic() >= give_up_s:
                raise gone(f"{error} (the server did not come back within {patience_s:g} s)") from None
        await asyncio.sleep(_AGAIN_S)
