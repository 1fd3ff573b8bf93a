"""Live updates: the log is followed once per process, for all viewers."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, get_args

from commands.log.codec import decode
from commands.log.record_header import read_header
from commands.log.topics import EVENTS, inputs
from commands.ports.applied import Applied
from commands.ports.log import Log, Position, Stored
from commands.ports.series import SeriesUnavailable, TimeSeries
from domain.records import TYPES, Payload
from domain.records.observations import Metered
from projections.applied import READ_WAIT_S
from projections.catalogue import PROJECTIONS

Panel = Literal["load", "chargers", "queue", "alarms", "reviews", "decisions"]
SHOWN_IN: dict[str, tuple[Panel, ...]] = {
    "sessions": ("queue", "chargers"),
    "chargers": ("chargers",),
    "charger_use": ("chargers",),
    "alarms": ("alarms", "chargers"),
    "charger_events": ("chargers",),
    "grid_limits": ("load",),
    "priority_audit": ("reviews",),
    "decisions": ("decisions",),
}
"""Read model -> the panels of a site that show it."""
OF_SITES = ("sites", "load")
"""The processors whose streams are named by a site's id."""
METERED = Metered.type_name
DEBOUNCE_S = 0.5
"""Wall time between two updates to one viewer: changes in between are sent together."""
POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class Change:
    """The panels of a site that have changed. `mark`: where a viewer who has received this continues."""

    panels: tuple[Panel, ...]
    mark: str


class Bell:
    """Wakes all waiters. A waiter takes `next` first, then looks for news, then waits: so no ring is missed."""

    def __init__(self) -> None:
        self.next = asyncio.Event()

    def ring(self) -> None:
        rung, self.next = self.next, asyncio.Event()
        rung.set()


@dataclass(slots=True)
class _Site:
    """The number of the last change of each panel."""

    bell: Bell = field(default_factory=Bell)
    changed: dict[Panel, int] = field(default_factory=dict)


class Live:
    """Follows events and meter values, and remembers of each panel of each site only when it changed last.

    A viewer costs no memory, however slow they are. A change is sent when it can be read.
    """

    def __init__(self, log: Log, applied: Applied, series: TimeSeries) -> None:
        self.log = log
        self.applied = applied
        self.series = series
        self.events = Bell()
        self.seen: Counter[str] = Counter()
        """The number of events of each type since this process started."""
        self.ended = asyncio.Event()
        self._run = secrets.token_hex(4)
        self._number = 0
        self._sites: defaultdict[str, _Site] = defaultdict(_Site)
        self._viewers = 0

    async def run(self) -> None:
        """Follow the log until it closes; then, or when this is cancelled, all streams end."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follow_events())
                tasks.create_task(self._follow_meters())
        finally:
            self.end()

    def end(self) -> None:
        """End all streams."""
        self.ended.set()
        self.events.ring()
        for site in self._sites.values():
            site.bell.ring()

    def mark(self) -> str:
        """Where a viewer who reads everything now continues. It is valid for this run only."""
        return f"{self._run}.{self._number}"

    async def changes(self, site_id: str, after: str | None) -> AsyncIterator[Change]:
        """The changes of a site after a mark, at most two a second. No mark, or one of another run: all panels."""
        site = self._sites[site_id]
        seen = self._number_of(after)
        self._viewers += 1
        try:
            while not self.ended.is_set():
                panels = tuple(panel for panel in get_args(Panel) if site.changed.get(panel, 0) > seen)
                if panels or seen < 0:
                    seen = self._number
                    yield Change(panels or get_args(Panel), self.mark())
                    await self._pause()
                else:
                    await site.bell.next.wait()
        finally:
            self._viewers -= 1

    def _number_of(self, mark: str | None) -> int:
        run, _, number = (mark or "").partition(".")
        known = run == self._run and number.isascii() and number.isdecimal() and len(number) < 20
        return int(number) if known else -1

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(DEBOUNCE_S):
                await self.ended.wait()

    async def _follow_events(self) -> None:
        async for batch in self.log.tail(EVENTS, await self.log.ends(EVENTS)):
            for position in _last_of_each_partition(batch):
                await self.applied.passed(position, READ_WAIT_S)
            for stored in batch:
                type_name = read_header(stored.body).type
                self.seen[type_name] += 1
                if panels := PANELS.get(type_name, ()):
                    self._changed(_site_of(stored), panels)
            self.events.ring()

    async def _follow_meters(self) -> None:
        load = inputs("load")
        async for batch in self.log.tail(load, await self.log.ends(load)):
            metered = [stored for stored in batch if read_header(stored.body).type == METERED]
            if metered and self._viewers:
                await self._metered(load, _last_of_each_partition(metered))
            for stored in metered:
                self._changed(_site_of(stored), ("load",))

    async def _metered(self, topic: str, positions: Sequence[Position]) -> None:
        """Wait until the meter values up to these positions are in the time series, unless that is unavailable."""
        with suppress(TimeoutError, SeriesUnavailable):
            async with asyncio.timeout(READ_WAIT_S):
                while not _past(positions, await self.series.consumed(topic)):
                    await asyncio.sleep(POLL_S)

    def _changed(self, site_id: str | None, panels: Sequence[Panel]) -> None:
        if site_id is not None:
            self._number += 1
            self._sites[site_id].changed.update(dict.fromkeys(panels, self._number))
            self._sites[site_id].bell.ring()


def _site_of(stored: Stored) -> str | None:
    """The site that a record is about: that of its stream, or the one that a vehicle's decision names."""
    processor, _, key = stored.key.partition(":")
    return key if processor in OF_SITES else getattr(decode(stored.body).data, "site_id", None)


def _past(positions: Sequence[Position], consumed: Mapping[int, int]) -> bool:
    return all(consumed.get(position.partition, 0) >= position.offset for position in positions)


def _last_of_each_partition(batch: Sequence[Stored]) -> list[Position]:
    return list({stored.position.partition: stored.position for stored in batch}.values())


def _panels_of(payload: type[Payload]) -> tuple[Panel, ...]:
    shown = (SHOWN_IN.get(one.table.name, ()) for one in PROJECTIONS if payload in one.handlers)
    return tuple(dict.fromkeys(panel for panels in shown for panel in panels))


PANELS = {name: _panels_of(payload) for name, payload in TYPES.items()}
"""Event type -> the panels that it changes."""
