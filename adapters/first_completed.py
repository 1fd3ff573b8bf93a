"""Running several loops until the first of them ends.

A task group, of asyncio or anyio, would wrap what a loop raises in an `ExceptionGroup`: callers handle the error."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def first_completed(*loops: Coroutine[Any, Any, None]) -> None:
    """Run loops until the first ends, then cancel the others. Raises what the first raised."""
    parts = [asyncio.create_task(loop) for loop in loops]
    try:
        ended, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        for part in ended:
            part.result()
    finally:
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
