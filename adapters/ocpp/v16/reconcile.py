"""Reconciliation: the calls that bring a charger's limits to what is desired. Its memory is of one socket.

The fail-safe limit goes first, always: outside its schedule a charger falls back to its own default, often full power.
It is a TxDefaultProfile without an end; `Relative`, so that no charger's clock decides when it begins. Then the lease
of the running transaction: a TxProfile that ends by itself at `valid_until_ms`, so that silence leads back to the
fail-safe limit. A limit that has expired is never sent, and of several generations only the newest.
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

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.jobs import Answer, Job
from adapters.ocpp.v16.payloads import job_of
from adapters.ocpp.v16.profile_strategy import (
    FAILSAFE_OPTIONS,
    LEASE_OPTIONS,
    Capabilities,
    ProfileOption,
    ProfileStrategy,
    capabilities_of,
)
from adapters.ocpp.v16.times import time_text
from adapters.ocpp.v16.translate import amperes, watts
from domain.load_control.desired import Desired, DesiredFailsafe, DesiredLease
from domain.records import Payload
from domain.records.observations import ProfileAnswer

FAILSAFE_ID = 1
LEASE_ID = 2


@dataclass(slots=True)
class _Progress:
    """How far the charger is with one of the two limits: `settled` is the generation that needs no more sending."""

    strategy: ProfileStrategy
    settled: int | None = None
    resting: int | None = None
    """A generation whose answer timed out; it is sent again after `rest_until_ms`."""
    rest_until_ms: int = 0

    def due(self, generation: int, now_ms: int) -> bool:
        rests = self.resting == generation and now_ms < self.rest_until_ms
        return self.settled != generation and not rests


class Reconciler:
    """`adapters.ocpp.dialect.JobSource` of a charger's limits."""

    def __init__(self, charger: ConnectedCharger) -> None:
        self._charger = charger
        self._state = charger.state
        self._retry_ms = charger.context.settings.retry_ms
        self._capabilities = Capabilities()
        self._failsafe = _Progress(ProfileStrategy(FAILSAFE_OPTIONS))
        self._lease = _Progress(ProfileStrategy(LEASE_OPTIONS))
        self._leased: tuple[ProfileOption, int] | None = None
        """The option and the transaction of the last lease that the charger has, or may have."""

    def learn(self, configuration: Mapping[str, str]) -> None:
        """Heed what the charger reported of itself."""
        self._capabilities = capabilities_of(configuration)

    def next(self, now_ms: int) -> Job | None:
        """The next call; None: all was sent that can be sent now.

        While its StartTransaction is not answered, the charger does not know the transaction and refuses its lease.
        """
        desired = self._state.desired
        if desired is None:
            return None
        floor, lease = desired.floor, desired.lease
        if lease is None and self._leased is not None and _replaces_failsafe(self._leased[0]):
            self._leased, self._failsafe.settled = None, None  # the fail-safe limit is put back
        if floor is not None and self._failsafe.due(floor.generation, now_ms):
            return self._failsafe_job(desired, floor, now_ms)
        if lease is not None and not self._charger.starting and self._lease_due(lease, now_ms):
            return self._lease_job(desired, lease, now_ms)
        if lease is None and self._leased is not None and self._state.runs(self._leased[1]):
            return self._clear_job()
        return None

    def _lease_due(self, lease: DesiredLease, now_ms: int) -> bool:
        return _seconds(lease, now_ms) > 0 and self._lease.due(lease.generation, now_ms)

    def wake_ms(self, now_ms: int) -> int | None:
        """When a generation that rests now is due again."""
        rests = [part.rest_until_ms for part in (self._failsafe, self._lease) if part.resting is not None]
        return min((until_ms for until_ms in rests if until_ms > now_ms), default=None)

    def _failsafe_job(self, desired: Desired, floor: DesiredFailsafe, now_ms: int) -> Job:
        option = self._failsafe.strategy.option(self._capabilities)
        periods = [self._period(desired, option.unit, floor.limit_ma, 0, watt_phases=1)]
        profile = ChargingProfile(
            charging_profile_id=FAILSAFE_ID,
            stack_level=option.stack_level,
            charging_profile_purpose=option.purpose,
            charging_profile_kind=Kind.relative,
            charging_schedule=ChargingSchedule(option.unit, periods),
        )

        def answered(answer: Answer, now_ms: int) -> Sequence[Payload]:
            if (
                answer.status in ("accepted", "timeout")
                and self._leased is not None
                and _replaces_failsafe(self._leased[0])
            ):
                self._lease.settled = None  # the fail-safe limit took its place
            return self._answered(self._failsafe, "failsafe", floor.generation, option, answer, now_ms)

        return job_of(call.SetChargingProfile(option.connector, profile), answered, self._state.traceparent)

    def _lease_job(self, desired: Desired, lease: DesiredLease, now_ms: int) -> Job:
        option = self._lease.strategy.option(self._capabilities)
        instead = _replaces_failsafe(option)
        duration_s = _seconds(lease, now_ms)
        periods = [self._period(desired, option.unit, lease.limit_ma, 0, watt_phases=lease.watt_phases)]
        if instead:
            failsafe_ma = desired.floor.limit_ma if desired.floor is not None else 0
            periods.append(self._period(desired, option.unit, failsafe_ma, duration_s, watt_phases=1))
        profile = ChargingProfile(
            charging_profile_id=FAILSAFE_ID if instead else LEASE_ID,
            transaction_id=None if instead else lease.transaction_id,
            stack_level=option.stack_level,
            charging_profile_purpose=option.purpose,
            charging_profile_kind=Kind.absolute,
            charging_schedule=ChargingSchedule(
                option.unit,
                periods,
                duration=None if instead else duration_s,
                start_schedule=time_text(now_ms - desired.clock_offset_ms),
            ),
        )
        failsafe_connector = self._failsafe.strategy.option(self._capabilities).connector
        connector = failsafe_connector if instead else lease.connector_id

        def answered(answer: Answer, now_ms: int) -> Sequence[Payload]:
            if answer.status in ("accepted", "timeout"):
                self._leased = (option, lease.transaction_id)
            return self._answered(self._lease, "lease", lease.generation, option, answer, now_ms)

        return job_of(call.SetChargingProfile(connector, profile), answered, self._state.traceparent)

    def _clear_job(self) -> Job:
        """Take a lease back whose transaction goes on; else it goes with its transaction."""

        def answered(answer: Answer, now_ms: int) -> Sequence[Payload]:
            self._leased = None
            return ()

        return job_of(call.ClearChargingProfile(id=LEASE_ID), answered, self._state.traceparent)

    def _answered(
        self,
        part: _Progress,
        purpose: Literal["failsafe", "lease"],
        generation: int,
        option: ProfileOption,
        answer: Answer,
        now_ms: int,
    ) -> Sequence[Payload]:
        part.resting = None
        if answer.status == "timeout":
            part.resting, part.rest_until_ms = generation, now_ms + self._retry_ms
        elif answer.status in ("rejected", "not_supported") and part.strategy.refused(option, self._capabilities):
            return ()  # not the last answer: the next option is tried
        elif answer.status != "offline":
            part.settled = generation
        return [
            ProfileAnswer(
                charger_id=self._charger.id,
                purpose=purpose,
                generation=generation,
                status=answer.status,
                unit="W" if option.unit is Unit.watts and answer.status == "accepted" else "A",
            )
        ]

    def _period(
        self, desired: Desired, unit: Unit, limit_ma: int, start_s: int, *, watt_phases: int
    ) -> ChargingSchedulePeriod:
        """In W the fail-safe limit is of one phase, always: offline nobody can correct how the charger divides it."""
        voltage_mv = self._charger.identity.voltage_mv
        limit = amperes(limit_ma) if unit is Unit.amps else watts(limit_ma, voltage_mv, watt_phases)
        return ChargingSchedulePeriod(start_period=start_s, limit=limit, number_phases=desired.phases)


def _seconds(lease: DesiredLease, now_ms: int) -> int:
    """How long a lease still lasts, in whole seconds."""
    return (lease.valid_until_ms - now_ms) // 1000


def _replaces_failsafe(option: ProfileOption) -> bool:
    return option.purpose is Purpose.tx_default_profile
