"""The notifier: makes notifications of events, and delivers each at least once while it is useful."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import structlog
from prometheus_client import Counter

from adapters.first_completed import first_completed
from adapters.notify.notices import NOTIFIABLE, Notice, notices
from adapters.notify.outbox import Notification, Outbox, State
from adapters.notify.services import send
from commands.log.codec import decode
from commands.log.record_header import read_header
from commands.log.topics import EVENTS
from commands.ports.clock import Clock
from commands.ports.database import DatabaseUnavailable
from commands.ports.log import Log, Position, Stored
from domain.records import Record, derived_id

CLAIMED_MS = 60_000
"""Longer than an attempt may take: after this another process may claim the notification."""
FIRST_RETRY_MS = 5_000
RETRY_AT_MOST_EVERY_MS = 300_000
LOOK_S = 1.0

NOTIFICATIONS = Counter("commonwatt_notifications", "Notifications by what became of them", ("state",))
log_line = structlog.get_logger("notifier")

Recipients = Callable[[Notice, Position], Awaitable[Sequence[str]]]
"""The accounts that a notice is for, once the read models have applied the event at that position."""
Send = Callable[[str, str, str], Awaitable[bool]]


class ChannelLookup(Protocol):
    """The notification channels of accounts."""

    async def of(self, account_id: str) -> Mapping[str, str]:
        """The channels of an account: id -> URL."""

    async def accounts(self) -> frozenset[str]:
        """The accounts that have channels."""


class Notifier:
    """Either `run` follows the log, or a host calls `receive` with batches and runs `deliver`."""

    def __init__(
        self, log: Log, clock: Clock, outbox: Outbox, channels: ChannelLookup, recipients: Recipients, send: Send = send
    ) -> None:
        self.log = log
        self.clock = clock
        self.outbox = outbox
        self.channels = channels
        self.recipients = recipients
        self._send = send
        self._received = asyncio.Event()

    async def run(self) -> None:
        """Follow the events from the stored position, and deliver, until the log is closed."""
        await first_completed(self.deliver(), self._follow())

    async def receive(self, page: Sequence[Stored]) -> None:
        """Store the notifications of a page of events. Those that are too old are stored as expired, and never sent."""
        noticed = [stored for stored in page if read_header(stored.body).type in NOTIFIABLE]
        reachable = await self.channels.accounts() if noticed else frozenset()
        found: list[Notification] = []
        for stored in noticed if reachable else ():
            event = decode(stored.body)
            for notice in notices(event):
                for account_id in await self.recipients(notice, stored.position):
                    found += await self._for(account_id, notice, event) if account_id in reachable else ()
        if noticed:  # reading a page without notices again costs less than storing its position
            await self.outbox.add(found, {one.position.partition: one.position.offset for one in page})
            self._received.set()

    async def deliver(self) -> None:
        """Send what is due, for ever. Waits while the database does not answer."""
        while True:
            try:
                while await self.deliver_due():
                    pass
            except DatabaseUnavailable as error:
                log_line.error("waiting for the database", error=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._received.wait()
            self._received.clear()

    async def deliver_due(self) -> int:
        """Attempt some notifications that are due, once each; returns how many."""
        now_ms = self.clock.now_ms()
        due = await self.outbox.claim(now_ms, now_ms + CLAIMED_MS)
        await asyncio.gather(*(self.attempt(one) for one in due))
        return len(due)

    async def attempt(self, one: Notification) -> None:
        """Send a notification if it is still useful, and store the outcome."""
        if self.clock.now_ms() >= one.useful_until_ms:
            return await self._settle(one, "gave_up" if one.attempts else "expired", None)
        url = (await self.channels.of(one.account_id)).get(one.channel_id)
        if url is None:  # the account has removed this channel
            return await self._settle(one, "gave_up", None)
        if await self._send(url, one.title, f"{one.text}\n\n[{one.event_id}]"):
            return await self._settle(one, "sent", "sent")
        return await self._settle(one, "waiting", "failed")

    async def _follow(self) -> None:
        async for page in self.log.tail(EVENTS, await self.outbox.consumed()):
            await self.receive(page)

    async def _for(self, account_id: str, notice: Notice, event: Record) -> list[Notification]:
        now_ms = self.clock.now_ms()
        state: State = "waiting" if now_ms < notice.useful_until_ms else "expired"
        content = (notice.title, notice.text, notice.useful_until_ms, state, 0, now_ms)
        return [
            Notification(
                derived_id("notification", notice.once or event.id, notice.to, account_id, channel_id),
                event.id,
                account_id,
                channel_id,
                *content,
            )
            for channel_id in await self.channels.of(account_id)
        ]

    async def _settle(self, one: Notification, state: State, tried: str | None) -> None:
        now_ms = self.clock.now_ms()
        due_ms = now_ms + _pause_ms(one.attempts) if state == "waiting" else now_ms
        await self.outbox.settle(one, state, due_ms, tried, now_ms)
        if state != "waiting":
            NOTIFICATIONS.labels(state).inc()
        log_line.info("notification", key=one.key, state=state, attempts=one.attempts + (tried is not None))


def _pause_ms(attempts: int) -> int:
    """The pause before the next attempt, in ms: doubled each time, and up to half of it less by chance."""
    longest_ms = min(FIRST_RETRY_MS << min(attempts, 10), RETRY_AT_MOST_EVERY_MS)
    return longest_ms - random.randrange(longest_ms // 2)
