"""HTTP in the event loop of a service."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn

ANSWERED_S = 5
"""Wall time for the answers under way when the server stops."""
POLL_S = 0.01


class HttpServer:
    """uvicorn without its own signal handling; `port` is the one that it listens on."""

    def __init__(self, app: Any, host: str, port: int) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=ANSWERED_S,
            )
        )
        self._serving: asyncio.Task[None] | None = None
        self.port = port

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        """Start; return once it listens."""
        self._serving = tasks.create_task(self._server._serve(), name="http")
        while not self._server.started:
            if self._serving.done():
                await self._serving
            await asyncio.sleep(POLL_S)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop once the requests under way are answered."""
        if self._serving is None or not self._server.started:
            return
        self._server.should_exit = True
        was_cancelled = self._serving.cancelled()
        await asyncio.wait([self._serving])
        if was_cancelled:  # another part failed, and uvicorn had no time to close its sockets
            await self._server.shutdown()
