"""The charger at one socket: what a dialect may use to handle its messages and to write calls to it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog
from ocpp.exceptions import InternalError

from adapters.ocpp.charger_state import ChargerState
from adapters.ocpp.context import GatewayContext
from adapters.ocpp.recorder import Observation
from commands.ports.database import DatabaseUnavailable
from commands.ports.directory import Card, ChargerIdentity
from domain.load_control import ownership
from domain.records import Payload, Record
from domain.records.time import InputRejected

log = structlog.get_logger()


class Undecided(InternalError):
    """No decision came in time, or another socket speaks for the charger: the charger has to ask again."""

    def __init__(self, description: str, reason: str) -> None:
        InternalError.__init__(self, description, {"reason": reason})


@dataclass(slots=True)
class ConnectedCharger:
    """A charger, the socket that it is connected by, and its state, which outlives the socket."""

    identity: ChargerIdentity
    connection_id: str
    state: ChargerState
    context: GatewayContext
    deciding: int = 0
    """Messages that wait for a decision."""
    starting: int = 0
    """Starts of transactions that are not answered: the charger does not know their transactions yet."""
    start_answered_ms: int | None = None
    """When the start of a transaction was last answered."""
    boot_answered: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a boot was answered, until limits and configuration are sent from the start."""
    has_rebooted: bool = False
    """Whether the charger reported a boot that is not answered yet: it may drop what it is sent before."""

    @property
    def id(self) -> str:
        return self.identity.charger_id

    @property
    def site_id(self) -> str:
        return self.identity.site_id

    @property
    def owns(self) -> bool:
        """Whether this socket speaks for the charger, as far as the log was read."""
        return self.state.is_owned_by(self.connection_id)

    @property
    def is_idle(self) -> bool:
        """Whether no transaction is known to run, or about to begin."""
        desired = self.state.desired
        begins = self.starting or self.deciding
        leased = any(one.lease is not None for one in desired.values())
        return bool(desired) and not leased and not self.state.running and not begins

    def now_ms(self) -> int:
        return self.context.clock.now_ms()

    def drop(self, message: str, field: str, reason: str) -> None:
        """A part of a message can't be read, and is left out: log that, at most so often."""
        self.state.dropped.report(self.id, message, field, reason, self.now_ms())

    def rebooted(self) -> None:
        """The charger has booted: what it was sent before may be lost."""
        self.has_rebooted, self.state.reboot_required = True, False

    def boot_was_answered(self) -> None:
        """From now on limits and configuration are sent from the start."""
        self.has_rebooted = False
        self.boot_answered.set()
        self.state.changed.set()

    async def card(self, token: str) -> Card:
        """Whose card a token is that was presented, and whether it may be used."""
        return await self.context.directory.card(token, self.now_ms())

    async def remember(self, token: str) -> None:
        """Remember the token of a transaction, with which the platform may start another one in its place."""
        try:
            await self.context.directory.presented(token, self.now_ms())
        except DatabaseUnavailable as error:  # its driver's card can still do that
            log.error("token not stored", charger=self.id, error=str(error))

    def observation(self, reported: Payload, record_id: str = "", traceparent: str | None = None) -> Observation:
        """What the charger `reported` on this socket, ready to be persisted.

        `record_id` is for messages with a natural key: a repeat then has the same id.
        """
        return self.context.recorder.observation(self.site_id, reported, record_id, self.connection_id, traceparent)

    async def persist(self, *observations: Observation) -> None:
        """Return once they are durable; only then may the message be answered. Raises `LogError`."""
        await self.context.recorder.persist(*observations)

    async def decision(self, asked: Observation, types: frozenset[str]) -> Record:
        """The first decision on what was asked: an event of one of `types`, or `InputRejected`.

        Raises `Undecided` (an OCPP InternalError) after `decision_timeout_s`, and where a newer socket speaks for the
        charger.
        """
        timeout_s = self.context.settings.decision_timeout_s
        self.deciding += 1
        try:
            decided = await self.context.outcomes.wait(asked.id, types, timeout_s)
        finally:
            self.deciding -= 1
        if decided is None:
            raise Undecided("not decided in time, ask again", f"no decision within {timeout_s} s")
        if isinstance(decided.data, InputRejected) and decided.data.rule == ownership.RULE:
            raise Undecided("ask on the newest connection", decided.data.reason)
        return decided
