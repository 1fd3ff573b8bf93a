"""What is wanted of one charger, and what is known of its transactions; it outlives the charger's sockets."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field

from domain.load_control.desired import Desired
from domain.records.load import CommandRequested

REMEMBERED_TRANSACTIONS = 16


@dataclass(frozen=True, slots=True)
class OneShot:
    """A command that waits to be sent, and the trace that it belongs to."""

    command: CommandRequested
    traceparent: str | None = None


@dataclass(slots=True)
class Agenda:
    """`changed` wakes who sends; `undecided` counts the starts that got no decision in time, by their natural id."""

    desired: Desired | None = None
    traceparent: str | None = None
    """The trace that led to what is desired now."""
    commands: deque[OneShot] = field(default_factory=deque)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    undecided: Counter[str] = field(default_factory=Counter)
    _connectors: dict[int, int] = field(default_factory=dict)
    _ended: deque[int] = field(default_factory=lambda: deque(maxlen=REMEMBERED_TRANSACTIONS))

    def want(self, desired: Desired, traceparent: str | None = None) -> None:
        """Only the newest counts: what it replaces is never sent."""
        self.desired, self.traceparent = desired, traceparent
        self.changed.set()

    def is_owned_by(self, connection_id: str) -> bool:
        """Whether this socket speaks for the charger, as far as the log was read."""
        owner = self.desired.owner if self.desired is not None else None
        return owner is not None and owner.connection_id == connection_id

    def command(self, command: CommandRequested, traceparent: str | None = None) -> None:
        self.commands.append(OneShot(command, traceparent))
        self.changed.set()

    def forget_command(self, command_id: str) -> bool:
        """Whether it still waited."""
        waiting = [one for one in self.commands if one.command.command_id == command_id]
        for one in waiting:
            self.commands.remove(one)
        return bool(waiting)

    def transaction_seen(self, transaction_id: int, connector_id: int) -> None:
        self._connectors.pop(transaction_id, None)
        self._connectors[transaction_id] = connector_id
        if len(self._connectors) > REMEMBERED_TRANSACTIONS:
            del self._connectors[next(iter(self._connectors))]

    def transaction_ended(self, transaction_id: int) -> None:
        self._ended.append(transaction_id)

    def connector_of(self, transaction_id: int) -> int:
        """Where a transaction runs: as the charger said, else connector 1."""
        return self._connectors.get(transaction_id, 1)

    def runs(self, transaction_id: int) -> bool:
        """False once the charger said that it stopped."""
        return transaction_id not in self._ended
