"""The notifier, as a task of this process."""

from __future__ import annotations

from adapters.notify.notifier import Notifier
from services.parts.base import Base
from services.parts.loops import LoopsPart
from services.parts.recipients import recipients


def notifier(base: Base) -> Notifier:
    """The notifier over the databases of a process."""
    return Notifier(base.log, base.clock, base.outbox, base.vault.channels, recipients(base.read_models))


class NotifierPart(LoopsPart):
    """Notifications under way are stored in the outbox."""

    name = "notifier"

    def __init__(self, base: Base) -> None:
        super().__init__(notifier(base))
