"""Makes a charger's limits what they shall be. Pure but for what it remembers of this one socket.

The floor goes first, always: outside its schedule a charger falls back to its own default, often full power. It is a
TxDefaultProfile without an end; `Relative`, so that no charger's clock decides when it begins. Then the lease of the
running transaction: a TxProfile that ends by itself at `valid_until_ms`, so that silence leads back to the floor. What
has expired is never sent, and of several generations only the newest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ocpp.v16 import call
from ocpp.v16.datatypes import ChargingProfile, ChargingSchedule, ChargingSchedulePeriod
from ocpp.v16.enums import ChargingProfileKindType as Kind
from ocpp.v16.enums import ChargingProfilePurposeType as Purpose
from ocpp.v16.enums import ChargingRateUnitType as Unit

from adapters.ocpp.agenda import Agenda
from adapters.ocpp.jobs import Answer, Job
from adapters.ocpp.v16.ladder import FLOOR, LEASE, Facts, Ladder, Rung, facts
from adapters.ocpp.v16.times import time_text
from adapters.ocpp.v16.translate import amperes, watts
from commands.ports.directory import ChargerIdentity
from domain.load_control.desired import Desired, DesiredFailsafe, DesiredLease
from domain.records import Payload
from domain.records.observations import ProfileAnswer

FLOOR_ID = 1
LEASE_ID = 2


@dataclass(slots=True)
class _Progress:
    """How far the charger is with one of the two: `settled` is the generation that needs no more sending."""

    ladder: Ladder
    settled: int | None = None
    resting: int | None = None
    """A generation whose answer timed out; it is sent again after `rest_until_ms`."""
    rest_until_ms: int = 0

    def due(self, generation: int, now_ms: int) -> bool:
        rests = self.resting == generation and now_ms < self.rest_until_ms
        return self.settled != generation and not rests


class Reconciler:
    """Says what to send next on this socket, and hears how it was answered."""

    def __init__(self, charger: ChargerIdentity, agenda: Agenda, retry_ms: int) -> None:
        self._charger = charger
        self._agenda = agenda
        self._retry_ms = retry_ms
        self._facts = Facts()
        self._floor = _Progress(Ladder(FLOOR))
        self._lease = _Progress(Ladder(LEASE))
        self._leased: tuple[Rung, int] | None = None
        """The rung and the transaction of the last lease that the charger has, or may have."""

    def learn(self, configuration: Mapping[str, str]) -> None:
        self._facts = facts(configuration)

    def next(self, now_ms: int, *, starting: bool = False) -> Job | None:
        """The next CALL; None: all is said that can be said now.

        While the charger is `starting` (its StartTransaction is not answered) it does not know the transaction, and
        would refuse its lease.
        """
        desired = self._agenda.desired
        if desired is None:
            return None
        floor, lease = desired.floor, desired.lease
        if lease is None and self._leased is not None and _replaces_floor(self._leased[0]):
            self._leased, self._floor.settled = None, None  # the floor is put back
        if floor is not None and self._floor.due(floor.generation, now_ms):
            return self._floor_job(desired, floor, now_ms)
        if lease is not None and not starting and self._lease_due(lease, now_ms):
            return self._lease_job(desired, lease, now_ms)
        if lease is None and self._leased is not None and self._agenda.runs(self._leased[1]):
            return self._clear_job()
        return None

    def _lease_due(self, lease: DesiredLease, now_ms: int) -> bool:
        return _seconds(lease, now_ms) > 0 and self._lease.due(lease.generation, now_ms)

    def wake_ms(self, now_ms: int) -> int | None:
        """When a generation that rests now is due again."""
        rests = [part.rest_until_ms for part in (self._floor, self._lease) if part.resting is not None]
        return min((until_ms for until_ms in rests if until_ms > now_ms), default=None)

    def _floor_job(self, desired: Desired, floor: DesiredFailsafe, now_ms: int) -> Job:
        rung = self._floor.ladder.rung(self._facts)
        periods = [self._period(desired, rung.unit, floor.limit_ma, 0)]
        profile = ChargingProfile(
            charging_profile_id=FLOOR_ID,
            stack_level=rung.stack_level,
            charging_profile_purpose=rung.purpose,
            charging_profile_kind=Kind.relative,
            charging_schedule=ChargingSchedule(rung.unit, periods),
        )

        def answered(answer: Answer, now_ms: int) -> Sequence[Payload]:
            if (
                answer.status in ("accepted", "timeout")
                and self._leased is not None
                and _replaces_floor(self._leased[0])
            ):
                self._lease.settled = None  # the floor took its place
            return self._answered(self._floor, "failsafe", floor.generation, rung, answer, now_ms)

        return Job(call.SetChargingProfile(rung.connector, profile), answered, self._agenda.traceparent)

    def _lease_job(self, desired: Desired, lease: DesiredLease, now_ms: int) -> Job:
        rung = self._lease.ladder.rung(self._facts)
        instead = _replaces_floor(rung)
        duration_s = _seconds(lease, now_ms)
        periods = [self._period(desired, rung.unit, lease.limit_ma, 0)]
        if instead:
            floor_ma = desired.floor.limit_ma if desired.floor is not None else 0
            periods.append(self._period(desired, rung.unit, floor_ma, duration_s))
        profile = ChargingProfile(
            charging_profile_id=FLOOR_ID if instead else LEASE_ID,
            transaction_id=None if instead else lease.transaction_id,
            stack_level=rung.stack_level,
            charging_profile_purpose=rung.purpose,
            charging_profile_kind=Kind.absolute,
            charging_schedule=ChargingSchedule(
                rung.unit, periods, duration=None if instead else duration_s, start_schedule=time_text(now_ms)
            ),
        )
        floor_connector = self._floor.ladder.rung(self._facts).connector
        connector = floor_connector if instead else lease.connector_id

        def answered(answer: Answer, now_ms: int) -> Sequence[Payload]:
            if answer.status in ("accepted", "timeout"):
                self._leased = (rung, lease.transaction_id)
            return self._answered(self._lease, "lease", lease.generation, rung, answer, now_ms)

        return Job(call.SetChargingProfile(connector, profile), answered, self._agenda.traceparent)

    def _clear_job(self) -> Job:
        """Take a lease back whose transaction goes on; else it goes with its transaction."""

        def answered(answer: Answer, now_ms: int) -> Sequence[Payload]:
            self._leased = None
            return ()

        return Job(call.ClearChargingProfile(id=LEASE_ID), answered, self._agenda.traceparent)

    def _answered(
        self,
        part: _Progress,
        purpose: Literal["failsafe", "lease"],
        generation: int,
        rung: Rung,
        answer: Answer,
        now_ms: int,
    ) -> Sequence[Payload]:
        part.resting = None
        if answer.status == "timeout":
            part.resting, part.rest_until_ms = generation, now_ms + self._retry_ms
        elif answer.status in ("rejected", "not_supported") and part.ladder.refused(rung, self._facts):
            return ()  # not the last word: the next rung is tried
        elif answer.status != "offline":
            part.settled = generation
        return [
            ProfileAnswer(
                charger_id=self._charger.charger_id, purpose=purpose, generation=generation, status=answer.status
            )
        ]

    def _period(self, desired: Desired, unit: Unit, limit_ma: int, start_s: int) -> ChargingSchedulePeriod:
        phases = desired.phases
        limit = amperes(limit_ma) if unit is Unit.amps else watts(limit_ma, self._charger.voltage_mv, phases)
        return ChargingSchedulePeriod(start_period=start_s, limit=limit, number_phases=phases)


def _seconds(lease: DesiredLease, now_ms: int) -> int:
    """How long a lease still lasts, in whole seconds."""
    return (lease.valid_until_ms - now_ms) // 1000


def _replaces_floor(rung: Rung) -> bool:
    return rung.purpose is Purpose.tx_default_profile
