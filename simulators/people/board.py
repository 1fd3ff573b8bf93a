"""The queue and the chargers of a site, polled once for all drivers who watch them."""

from __future__ import annotations

from typing import Any, Literal

from simulators.server.rest import Api
from simulators.time.virtual_time import Signal, VirtualTime

EVERY_MS = 30_000
Page = Literal["queue", "chargers"]
Entries = dict[str, dict[str, Any]]


class Board:
    """The queue by session and the chargers by id, as last read. Each reading fires the signals of its watchers."""

    def __init__(self, time: VirtualTime, api: Api, site_id: str) -> None:
        self._time = time
        self._api = api
        self._path = f"/sites/{site_id}"
        self._watchers: dict[Signal, Page] = {}
        self._due = False
        self.queue: Entries = {}
        self.chargers: Entries = {}
        self.chargers_read_ms = -1
        self.queued_max = 0
        """The longest queue that was seen."""

    def watch(self, news: Signal, page: Page) -> None:
        """Fire `news` at every reading of the page from now on."""
        self._watchers[news] = page
        if not self._due:
            self._due = True
            now_ms = self._time.now_ms
            self._time.at(now_ms + EVERY_MS - now_ms % EVERY_MS, lambda: self._time.spawn(self._read()))

    def unwatch(self, news: Signal) -> None:
        self._watchers.pop(news, None)

    async def _read(self) -> None:
        self._due = False
        watchers = dict(self._watchers)
        if "queue" in watchers.values():
            await self._read_queue()
        if "chargers" in watchers.values():
            await self._read_chargers()
        for news, page in watchers.items():
            if news in self._watchers:
                self.watch(news, page)
                news.fire()

    async def _read_queue(self) -> None:
        waiting = (await self._api.get(f"{self._path}/queue"))["waiting"]
        self.queue = {entry["session_id"]: entry for entry in waiting}
        self.queued_max = max(self.queued_max, sum(entry["state"] == "queued" for entry in waiting))

    async def _read_chargers(self) -> None:
        chargers = (await self._api.get(f"{self._path}/chargers"))["chargers"]
        self.chargers = {entry["id"]: entry for entry in chargers}
        self.chargers_read_ms = self._time.now_ms
