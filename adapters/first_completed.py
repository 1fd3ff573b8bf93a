"""Loops that make up one work: when one ends, all do."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def first_completed(*loops: Coroutine[Any, Any, None]) -> None:
    """Run them until the first ends, then break the others off. Raises what that one raised."""
    parts = [asyncio.create_task(loop) for loop in loops]
    try:
        ended, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        for part in ended:
            part.result()
    finally:
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
