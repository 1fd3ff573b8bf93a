"""What the handler of a message may use: the charger it came from, the log, the directory, and decisions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ocpp.exceptions import InternalError

from adapters.ocpp.agenda import Agenda
from adapters.ocpp.recorder import Observation, Recorder
from adapters.ocpp.settings import Settings
from commands.ports.clock import Clock
from commands.ports.directory import ChargerIdentity, Directory
from commands.ports.outcomes import Outcomes
from commands.ports.tracing import Tracer
from domain.load_control import ownership
from domain.records import Payload, Record
from domain.records.time import InputRejected


class Undecided(InternalError):
    """No decision came in time, or another socket must ask for it: the charger shall ask again."""


@dataclass(slots=True)
class Office:
    """What all chargers of a gateway share."""

    clock: Clock
    directory: Directory
    outcomes: Outcomes
    recorder: Recorder
    settings: Settings
    tracer: Tracer


@dataclass(slots=True)
class Charger:
    """One socket's charger. `rebooted` is called when it boots: what it was told before may be lost."""

    identity: ChargerIdentity
    connection_id: str
    agenda: Agenda
    office: Office
    rebooted: Callable[[], None]
    deciding: int = 0
    """Messages that wait for a decision."""

    @property
    def id(self) -> str:
        return self.identity.charger_id

    def now_ms(self) -> int:
        return self.office.clock.now_ms()

    async def vehicle_of(self, token: str) -> tuple[str, str | None]:
        """(opaque reference, vehicle id or None) of an idTag."""
        return await self.office.directory.vehicle_of(token)

    def observation(self, said: Payload, record_id: str = "") -> Observation:
        return self.office.recorder.observation(self.identity.site_id, said, record_id, self.connection_id)

    async def keep(self, *observations: Observation) -> None:
        """Return once they are durable; only then may the message be answered. Raises `LogError`."""
        await self.office.recorder.keep(*observations)

    async def decision(self, asked: Observation, types: frozenset[str]) -> Record:
        """The decision on what was asked.

        Raises `Undecided` (an OCPP InternalError) at the backstop, and where a newer socket speaks for the charger.
        """
        timeout_s = self.office.settings.decision_timeout_s
        self.deciding += 1
        try:
            decided = await self.office.outcomes.wait(asked.id, types, timeout_s)
        finally:
            self.deciding -= 1
        if decided is None:
            raise Undecided("not decided in time, ask again", {"reason": f"no decision within {timeout_s} s"})
        if isinstance(decided.data, InputRejected) and decided.data.rule == ownership.RULE:
            raise Undecided("ask on the newest connection", {"reason": decided.data.reason})
        return decided
