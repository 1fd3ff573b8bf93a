"""The notifier: tells people what happened, by a task of this process."""

from __future__ import annotations

import asyncio

from adapters.notify.notifier import Notifier
from services.parts.base import Base
from services.parts.part import Part, cancelled
from services.recipients import recipients
from services.space import with_space


def notifier(base: Base) -> Notifier:
    """Over the databases of a process."""
    return Notifier(base.log, base.clock, base.outbox, base.vault.channels, recipients(base.read_models))


class NotifierPart(Part):
    """What is under way is kept in the outbox, so it may be broken off anywhere."""

    name = "notifier"

    def __init__(self, base: Base) -> None:
        self._notifier = notifier(base)
        self._running: list[asyncio.Task[None]] = []

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        self._running = [tasks.create_task(with_space(self._notifier), name=self.name)]

    async def stop(self) -> None:
        await cancelled(self._running)
