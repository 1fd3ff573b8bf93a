"""The state of a charger that outlives its sockets: what is desired of it, and what is known of its transactions."""

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
class ChargerState:
    """`desired` is what is desired of each outlet, by its id; `changed` wakes the sender; `undecided` counts the starts
    without a decision in time, by their natural id.
    """

    desired: dict[str, Desired] = field(default_factory=dict)
    traceparent: str | None = None
    """The trace that led to what is desired now."""
    commands: deque[OneShot] = field(default_factory=deque)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    undecided: Counter[str] = field(default_factory=Counter)
    _connectors: dict[int, int] = field(default_factory=dict)
    _ended: deque[int] = field(default_factory=lambda: deque(maxlen=REMEMBERED_TRANSACTIONS))

    def desire(self, desired: Desired, traceparent: str | None = None) -> None:
        """Replace what is desired of an outlet. Only the newest counts: what it replaces is never sent."""
        self.desired[desired.charger_id] = desired
        self.traceparent = traceparent
        self.changed.set()

    def is_owned_by(self, connection_id: str) -> bool:
        """Whether this socket speaks for the charger, as far as the log was read."""
        owners = [desired.owner for desired in self.desired.values()]
        return any(owner is not None and owner.connection_id == connection_id for owner in owners)

    def add_command(self, command: CommandRequested, traceparent: str | None = None) -> None:
        """Queue a one-shot command behind those that wait already."""
        self.commands.append(OneShot(command, traceparent))
        self.changed.set()

    def remove_command(self, command_id: str) -> bool:
        """Take a one-shot command out of the queue; False: it does not wait any more."""
        waiting = [one for one in self.commands if one.command.command_id == command_id]
        for one in waiting:
            self.commands.remove(one)
        return bool(waiting)

    def transaction_seen(self, transaction_id: int, connector_id: int) -> None:
        """Remember where a transaction runs; of more than `REMEMBERED_TRANSACTIONS` the oldest is forgotten."""
        self._connectors.pop(transaction_id, None)
        self._connectors[transaction_id] = connector_id
        if len(self._connectors) > REMEMBERED_TRANSACTIONS:
            del self._connectors[next(iter(self._connectors))]

    def transaction_ended(self, transaction_id: int) -> None:
        """Remember that the charger reported the end of a transaction."""
        self._ended.append(transaction_id)

    def connector_of(self, transaction_id: int) -> int:
        """The connector that the charger reported for a transaction, else connector 1."""
        return self._connectors.get(transaction_id, 1)

    def runs(self, transaction_id: int) -> bool:
        """False once the charger reported the end of the transaction."""
        return transaction_id not in self._ended
