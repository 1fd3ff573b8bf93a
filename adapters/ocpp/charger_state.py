"""The state of a charger that outlives its sockets: what is desired of it, and what is known of its transactions."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field

from adapters.ocpp.dropped import Dropped
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
    reboot_required: bool = False
    """The charger accepted something that is in force after its next boot only."""
    reset_ms: int | None = None
    """When it was last reset for that."""
    dropped: Dropped = field(default_factory=Dropped)
    _connectors: dict[str, int] = field(default_factory=dict)
    _meters: dict[str, int] = field(default_factory=dict)
    _reported: set[int] = field(default_factory=set)
    _ended: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED_TRANSACTIONS))

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

    def connector_seen(self, connector_id: int) -> None:
        """Remember that the charger reports this connector; 0 is the charger itself."""
        if connector_id > 0:
            self._reported.add(connector_id)

    @property
    def only_connector(self) -> int | None:
        """The connector that is meant where a message names none that can be read; None: it may be any of several."""
        return min(self._reported, default=1) if len(self._reported) <= 1 else None

    def transaction_seen(self, transaction_id: str, connector_id: int) -> None:
        """Remember where a transaction runs; of more than `REMEMBERED_TRANSACTIONS` the oldest is forgotten."""
        self._connectors.pop(transaction_id, None)
        self._connectors[transaction_id] = connector_id
        if len(self._connectors) > REMEMBERED_TRANSACTIONS:
            del self._connectors[next(iter(self._connectors))]

    def meter_seen(self, transaction_id: str, energy_wh: int) -> None:
        """Remember the newest meter value of a transaction, of as many transactions."""
        self._meters.pop(transaction_id, None)
        self._meters[transaction_id] = energy_wh
        if len(self._meters) > REMEMBERED_TRANSACTIONS:
            del self._meters[next(iter(self._meters))]

    def meter_of(self, transaction_id: str) -> int:
        """The newest meter value of a transaction that is known, else 0."""
        return self._meters.get(transaction_id, 0)

    @property
    def running(self) -> list[str]:
        """The transactions that were seen and that have not ended, the oldest first."""
        return [one for one in self._connectors if one not in self._ended]

    def transaction_ended(self, transaction_id: str) -> None:
        """Remember that the charger reported the end of a transaction."""
        self._ended.append(transaction_id)

    def has_seen(self, transaction_id: str) -> bool:
        """Whether it is known where a transaction runs."""
        return transaction_id in self._connectors

    def connector_of(self, transaction_id: str) -> int:
        """The connector that the charger reported for a transaction, else connector 1."""
        return self._connectors.get(transaction_id, 1)

    def runs(self, transaction_id: str) -> bool:
        """False once the charger reported the end of the transaction."""
        return transaction_id not in self._ended
