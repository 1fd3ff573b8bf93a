"""A charge point program of another maker's stack, in a process of its own.

It is called with the server's URL, its identity and its password, connects, and connects again whenever the line was
cut. It reads commands and writes events, one JSON object a line:

    {"do": "boot"}                                               {"done": "boot", "status": "Accepted"}
    {"do": "status", "status", "time"}                           {"done": "status"}
    {"do": "authorize", "token"}                                 {"done": "authorize", "status"}
    {"do": "start", "token", "wh", "time"}                       {"done": "start", "status", "transaction"}
    {"do": "meter", "transaction", "wh", "currents", "watts", "time"}   {"done": "meter"}
    {"do": "stop", "transaction", "token", "wh", "time"}         {"done": "stop"}
                                                                 {"line": "up"}, {"line": "down"}
                                                                 {"asked": "SetChargingProfile", "payload": {…}}

Framing, ids, validation, and where it has one the queue, are those of the stack. A command that failed is answered
with {"failed": …, "why": …}. A call of the server is reported before it is answered. The program ends with its input.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class Program:
    """`asked` are the calls of the server, in their order. `on_news` is called after each event."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, on_news: Callable[[], None]) -> None:
        self.asked: list[Event] = []
        self.online = False
        self._process = process
        self._log = log
        self._on_news = on_news
        self._waiting: dict[str, asyncio.Future[Event]] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, command: Sequence[str | Path], log: Path, on_news: Callable[[], None]) -> Program:
        """Start it; what it writes to stderr goes to `log`."""
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *map(str, command), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=output
            )
        return cls(process, log, on_news)

    @property
    def ended(self) -> bool:
        return self._reading.done()

    @property
    def complaints(self) -> str:
        """The end of what it wrote to stderr."""
        return self._log.read_text(errors="replace")[-2000:]

    def do(self, command: str, **fields: Any) -> asyncio.Future[Event]:
        """Send a command; the future is its answer."""
        assert self._process.stdin is not None
        self._waiting[command] = future = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps({"do": command, **fields}).encode() + b"\n")
        return future

    async def end(self) -> None:
        """Close its input, and wait for its end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self._take(json.loads(line))
            self._on_news()
        self._on_news()

    def _take(self, event: Event) -> None:
        if "asked" in event:
            self.asked.append(event)
        elif "line" in event:
            self.online = event["line"] == "up"
        elif "failed" in event:
            self._waiting.pop(event["failed"]).set_exception(AssertionError(f"{event['failed']}: {event['why']}"))
        else:
            self._waiting.pop(event["done"]).set_result(event)
