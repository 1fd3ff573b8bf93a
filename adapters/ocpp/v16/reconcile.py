"""Reconciliation: the calls that bring an outlet's limits to what is desired. Its memory is of one socket.

The fail-safe limit goes first, always: outside its schedule a charger falls back to its own default, often full power.
It is a TxDefaultProfile without an end; `Relative`, so that no charger's clock decides when it begins. Then the lease
of the running transaction: a TxProfile that ends by itself at `valid_until_ms`, so that silence leads back to the
fail-safe limit. A limit that has expired is never sent, and of several generations only the newest.

Some chargers know a transaction a moment after the answer to its start only: until then they drop its lease or refuse
it, which says nothing about the option.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ocpp.v16 import call
from ocpp.v16.datatypes import ChargingProfile, ChargingSchedule, ChargingSchedulePeriod
from ocpp.v16.enums import ChargingProfileKindType as Kind
from ocpp.v16.enums import ChargingProfilePurposeType as Purpose
from ocpp.v16.enums import ChargingRateUnitType as Unit

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.jobs import Answer, Job
from adapters.ocpp.v16.answers import REBOOT_REQUIRED
from adapters.ocpp.v16.payloads import job_of
from adapters.ocpp.v16.profile_strategy import (
    FAILSAFE_OPTIONS,
    LEASE_OPTIONS,
    Allow,
    Capabilities,
    ProfileOption,
    ProfileStrategy,
    capabilities_of,
)
from adapters.ocpp.v16.times import time_text
from adapters.ocpp.v16.translate import amperes, watts
from domain.electrical.outlet_id import evse_of
from domain.load_control.desired import Desired, DesiredFailsafe, DesiredLease
from domain.records import Payload
from domain.records.observations import ProfileAnswer

FAILSAFE_ID = 1
LEASE_ID = 2
BEGUN_MS = 0
"""In 1970 an absolute fail-safe limit has begun: it is in force by a charger's clock that was never set, too."""
EARLY_MS = 10_000
"""A charger may not know a transaction yet for so long after the answer to its start."""
EARLY_TIMEOUT_MS = 5_000
EARLY_REST_MS = 2_000
LONGEST_DETAIL = 2_000
DesiredLimit = DesiredFailsafe | DesiredLease
MAY_BE_IN_FORCE = ("accepted", "timeout", "offline")
"""How a limit was answered that the charger has, or may have."""


@dataclass(slots=True)
class _Progress:
    """How far the charger is with one of the two limits: `settled` is the generation that needs no more sending."""

    strategy: ProfileStrategy
    settled: int | None = None
    resting: int | None = None
    """A generation whose answer timed out; it is sent again after `rest_until_ms`."""
    rest_until_ms: int = 0
    accepted: ProfileOption | None = None
    """The option that the charger has now."""
    look_again_ms: int | None = None
    """When a better option, which was refused once, is tried again."""

    def due(self, generation: int, now_ms: int) -> bool:
        rests = self.resting == generation and now_ms < self.rest_until_ms
        return self.settled != generation and not rests

    def looks_again(self, now_ms: int) -> bool:
        return self.look_again_ms is not None and now_ms >= self.look_again_ms


class Reconciler:
    """`adapters.ocpp.dialect.JobSource` of an outlet's limits. The profiles of each outlet have ids of their own."""

    def __init__(self, charger: ConnectedCharger, outlet: str) -> None:
        self._charger = charger
        self._outlet = outlet
        self._connector = evse_of(outlet)
        self._failsafe_id = FAILSAFE_ID + 2 * (self._connector - 1)
        self._lease_id = LEASE_ID + 2 * (self._connector - 1)
        self._state = charger.state
        self._retry_ms = charger.context.settings.retry_ms
        self._capabilities = Capabilities()
        self._failsafe = _Progress(ProfileStrategy(FAILSAFE_OPTIONS))
        self._lease = _Progress(ProfileStrategy(LEASE_OPTIONS))
        self._leased: tuple[ProfileOption, str] | None = None
        """The option and the transaction of the last lease that the charger has, or may have."""

    def learn(self, configuration: Mapping[str, str]) -> None:
        """Heed what the charger reported of itself."""
        self._capabilities = capabilities_of(configuration)

    def next(self, now_ms: int) -> Job | None:
        """The next call; None: all was sent that can be sent now.

        While its StartTransaction is not answered, the charger does not know the transaction and refuses its lease.
        """
        desired = self._state.desired.get(self._outlet)
        if desired is None:
            return None
        floor, lease = desired.floor, desired.lease
        if lease is None and self._leased is not None and _replaces_failsafe(self._leased[0]):
            self._leased, self._failsafe.settled = None, None  # the fail-safe limit is put back
        if floor is not None and self._failsafe.due(floor.generation, now_ms):
            return self._failsafe_job(desired, floor, self._failsafe.strategy.option(self._allows), now_ms)
        if floor is not None and self._leased is None and self._failsafe.looks_again(now_ms):
            return self._second_look(desired, floor, now_ms)
        if lease is not None and not self._charger.starting and self._lease_due(lease, now_ms):
            return self._lease_job(desired, lease, now_ms)
        if lease is None and self._leased is not None and self._state.runs(self._leased[1]):
            return self._clear_job()
        return None

    def _lease_due(self, lease: DesiredLease, now_ms: int) -> bool:
        return _seconds(lease, now_ms) > 0 and self._lease.due(lease.generation, now_ms)

    def wake_ms(self, now_ms: int) -> int | None:
        """When a generation that rests now is due again."""
        waits = [part.rest_until_ms for part in (self._failsafe, self._lease) if part.resting is not None]
        waits += [part.look_again_ms for part in (self._failsafe,) if part.look_again_ms is not None]
        return min((until_ms for until_ms in waits if until_ms > now_ms), default=None)

    @property
    def _allows(self) -> Allow:
        return self._capabilities.allow

    def _lease_allows(self, option: ProfileOption) -> bool:
        """A ChargePointMaxProfile bounds all else: it holds both limits, or none of them."""
        of_all = self._failsafe_option().purpose is Purpose.charge_point_max_profile
        return self._capabilities.allow(option) and (option.purpose is Purpose.charge_point_max_profile) == of_all

    def _failsafe_option(self) -> ProfileOption:
        return self._failsafe.accepted or self._failsafe.strategy.option(self._allows)

    def _second_look(self, desired: Desired, floor: DesiredFailsafe, now_ms: int) -> Job | None:
        """Try a better option again that was refused once, since one refusal may be of a moment only."""
        self._failsafe.look_again_ms = None
        has = self._failsafe.accepted
        better = self._failsafe.strategy.better(has, self._allows) if has is not None else None
        return self._failsafe_job(desired, floor, better, now_ms) if better is not None else None

    def _failsafe_job(self, desired: Desired, floor: DesiredFailsafe, option: ProfileOption, now_ms: int) -> Job:
        connector = self._connector_of(option)
        periods = [self._period(option.unit, desired, _least_failsafe_ma(self._together(desired, connector)), 0)]
        profile = ChargingProfile(
            charging_profile_id=self._failsafe_id,
            stack_level=option.stack_level,
            charging_profile_purpose=option.purpose,
            charging_profile_kind=option.kind,
            charging_schedule=ChargingSchedule(option.unit, periods, start_schedule=_start(option, BEGUN_MS)),
        )

        def answered(answer: Answer, now_ms: int) -> Sequence[Payload]:
            if (
                answer.status in ("accepted", "timeout")
                and self._leased is not None
                and _replaces_failsafe(self._leased[0])
            ):
                self._lease.settled = None  # the fail-safe limit took its place
            return self._answered(self._failsafe, "failsafe", floor.generation, option, answer, now_ms)

        return job_of(call.SetChargingProfile(connector, profile), answered, self._state.traceparent)

    def _lease_job(self, desired: Desired, lease: DesiredLease, now_ms: int) -> Job:
        option = self._lease.strategy.option(self._lease_allows)
        instead = _replaces_failsafe(option)
        connector = self._connector_of(self._failsafe_option()) if instead else lease.evse_id
        together = self._together(desired, connector) if instead else [desired]
        duration_s = min(_seconds(one.lease, now_ms) for one in together if one.lease is not None)
        begins_ms = max(BEGUN_MS + 1000, now_ms - desired.clock_offset_ms)  # by the charger's clock
        begins_s = (begins_ms - BEGUN_MS) // 1000 if instead else 0
        periods = [self._period(option.unit, desired, _least(option.unit, together), begins_s)]
        if instead:  # by any clock the fail-safe limit holds before and after it
            failsafe_ma = _least_failsafe_ma(together)
            ends = [self._period(option.unit, desired, failsafe_ma, at_s) for at_s in (0, begins_s + duration_s)]
            periods = [ends[0], *periods, ends[1]]
        profile = ChargingProfile(
            charging_profile_id=self._failsafe_id if instead else self._lease_id,
            transaction_id=None if instead else int(lease.transaction_id),
            stack_level=option.stack_level,
            charging_profile_purpose=option.purpose,
            charging_profile_kind=option.kind,
            charging_schedule=ChargingSchedule(
                option.unit,
                periods,
                duration=None if instead else duration_s,
                start_schedule=_start(option, BEGUN_MS if instead else begins_ms),
            ),
        )
        early = self._is_early(now_ms)

        def answered(answer: Answer, now_ms: int) -> Sequence[Payload]:
            if answer.status in MAY_BE_IN_FORCE:
                self._leased = (option, lease.transaction_id)
            return self._answered(self._lease, "lease", lease.generation, option, answer, now_ms)

        job = job_of(call.SetChargingProfile(connector, profile), answered, self._state.traceparent)
        return replace(job, timeout_ms=EARLY_TIMEOUT_MS) if early else job

    def _is_early(self, now_ms: int) -> bool:
        answered_ms = self._charger.start_answered_ms
        return answered_ms is not None and now_ms < answered_ms + EARLY_MS

    def _clear_job(self) -> Job:
        """Take a lease back whose transaction goes on; else it goes with its transaction."""

        def answered(answer: Answer, now_ms: int) -> Sequence[Payload]:
            self._leased = None
            return ()

        return job_of(call.ClearChargingProfile(id=self._lease_id), answered, self._state.traceparent)

    def _answered(
        self,
        part: _Progress,
        purpose: Literal["failsafe", "lease"],
        generation: int,
        option: ProfileOption,
        answer: Answer,
        now_ms: int,
    ) -> Sequence[Payload]:
        part.resting, tried = None, ""
        status, allows = answer.status, self._lease_allows if part is self._lease else self._allows
        if part is self._lease and status in ("rejected", "timeout") and self._is_early(now_ms):
            part.resting, part.rest_until_ms = generation, now_ms + EARLY_REST_MS
            return ()  # the charger may not know the transaction yet
        if status == "accepted" and not answer.detail:
            status = "rejected"  # an answer without a status accepts nothing
        if answer.detail == REBOOT_REQUIRED:
            status = "rejected"  # it is not in force yet, and will be sent again after the boot
            self._state.reboot_required = True
            part.settled = generation
        elif status == "timeout":
            part.resting, part.rest_until_ms = generation, now_ms + self._retry_ms
        elif status in ("rejected", "not_supported"):
            tried = part.strategy.tried(option)
            if part.settled == generation:
                part.strategy.rule_out(option)
                part.look_again_ms = now_ms + self._retry_ms
                return ()  # a second look: what was accepted before stays
            if part.strategy.refused(option, allows):
                return ()  # not the last answer: the next option is tried
            part.settled = generation
        elif status == "accepted":
            part.strategy.accepted(option)
            part.settled, part.accepted = generation, option
            part.look_again_ms = now_ms + self._retry_ms if part.strategy.better(option, allows) else None
        detail = f"{answer.detail[:100]}; tried: {tried}"[:LONGEST_DETAIL] if tried else _unless_accepted(answer)
        return [
            ProfileAnswer(
                charger_id=self._outlet,
                purpose=purpose,
                generation=generation,
                status=status,
                detail=detail,
                unit="W" if option.unit is Unit.watts and status == "accepted" else "A",
                replaces_failsafe=part is self._lease and _replaces_failsafe(option) and status in MAY_BE_IN_FORCE,
            )
        ]

    def _connector_of(self, option: ProfileOption) -> int:
        """Where the fail-safe limit goes: of several outlets each has its own, and the whole charger's is the way out.

        A charger with one outlet is asked the other way round: many take the whole charger's only.
        """
        if self._outlet == self._charger.id or option.purpose is Purpose.charge_point_max_profile:
            return option.connector
        return self._connector if option.connector == 0 else 0

    def _together(self, desired: Desired, connector: int) -> list[Desired]:
        """What is desired of the outlets that a profile holds for: of the whole charger it is all of them."""
        others = [one for outlet, one in self._state.desired.items() if outlet != self._outlet]
        return [desired, *others] if connector == 0 else [desired]

    def _period(self, unit: Unit, desired: Desired, limit_ma: int, start_s: int) -> ChargingSchedulePeriod:
        voltage_mv = self._charger.identity.voltage_mv
        limit = amperes(limit_ma) if unit is Unit.amps else watts(limit_ma, voltage_mv)
        return ChargingSchedulePeriod(start_period=start_s, limit=limit, number_phases=desired.phases)


def _least(unit: Unit, together: Sequence[Desired]) -> int:
    """The lowest limit (mA) that is desired of any of these outlets."""
    return min(_in_unit(unit, one) for each in together for one in (each.lease or each.floor,) if one is not None)


def _least_failsafe_ma(together: Sequence[Desired]) -> int:
    return min(one.floor.limit_ma if one.floor is not None else 0 for one in together)


def _in_unit(unit: Unit, limit: DesiredLimit) -> int:
    """mA of each phase, or in W of all phases together.

    In W the fail-safe limit is as if of one phase, always: offline nobody can correct how the charger divides it.
    """
    if unit is Unit.watts and isinstance(limit, DesiredLease) and limit.total_ma is not None:
        return limit.total_ma
    return limit.limit_ma


def _unless_accepted(answer: Answer) -> str:
    return "" if answer.status == "accepted" else answer.detail


def _start(option: ProfileOption, at_ms: int) -> str | None:
    """`Absolute` needs a start, `Relative` forbids one."""
    return time_text(at_ms) if option.kind is Kind.absolute else None


def _seconds(lease: DesiredLease, now_ms: int) -> int:
    """How long a lease still lasts, in whole seconds."""
    return (lease.valid_until_ms - now_ms) // 1000


def _replaces_failsafe(option: ProfileOption) -> bool:
    return option.purpose is not Purpose.tx_profile
