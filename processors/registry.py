"""The registry: what the community consists of, as `eventsourcing` aggregates.

Streams: `registry:<kind>:<id>` of a site, charger, vehicle, account or enterprise; a charger's id is its OCPP identity,
so the stream itself keeps it unique.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from eventsourcing.domain import Aggregate, event

from domain.errors import DomainError
from domain.records import Payload, Record
from domain.records.registry import (
    AccountRegistered,
    ApproveEnterprise,
    ChargerRegistered,
    EnterpriseApproved,
    EnterpriseRegistered,
    EnterpriseSuspended,
    RegisterAccount,
    RegisterCharger,
    RegisterEnterprise,
    RegisterSite,
    RegisterVehicle,
    SiteRegistered,
    SuspendEnterprise,
    VehicleRegistered,
)
from domain.registry.enterprise import Verification, approve, check_account, suspend
from domain.registry.site_tree import MAX_MA, check_charger, check_tree
from processors.engine.processor import Processor

Description = SiteRegistered | ChargerRegistered | VehicleRegistered | AccountRegistered | EnterpriseRegistered
RULE = "registry.register.v1"


class Registered(Aggregate):
    """A thing or a member of the community, as it was described."""

    @event("Described")
    def __init__(self, description: Description, timestamp: datetime) -> None:
        self.description = description

    @staticmethod
    def create_id(description: Description) -> UUID:
        """One aggregate a description's kind and id."""
        return uuid5(NAMESPACE_OID, repr(description))


@dataclass(frozen=True, slots=True)
class Entity:
    """The state of one stream: the description, once there is one; of an enterprise also whether it is verified."""

    site: SiteRegistered | None = None
    charger: ChargerRegistered | None = None
    vehicle: VehicleRegistered | None = None
    account: AccountRegistered | None = None
    enterprise: EnterpriseRegistered | None = None
    verification: Verification = "pending"

    def exists(self) -> bool:
        return any((self.site, self.charger, self.vehicle, self.account, self.enterprise))


@dataclass(frozen=True, slots=True)
class Nothing:
    """The registry learns nothing but its own events."""


def _site(command: RegisterSite) -> SiteRegistered:
    check_tree(command.nodes, command.firm_w, command.priority_reserve_w)
    return SiteRegistered(**command.__dict__)


def _charger(command: RegisterCharger) -> ChargerRegistered:
    check_charger(command)
    return ChargerRegistered(**command.__dict__)


def _vehicle(command: RegisterVehicle) -> VehicleRegistered:
    if command.battery_wh is not None and not 1_000 <= command.battery_wh <= 2_000_000:
        raise DomainError("the battery must hold 1 kWh to 2,000 kWh", field="battery_wh", rule=RULE)
    if command.max_ma is not None and not 0 < command.max_ma <= MAX_MA:
        raise DomainError(f"max_ma must lie in 1..{MAX_MA}", field="max_ma", rule=RULE)
    if not 1 <= command.phases <= 3:
        raise DomainError("a car charges on one to three phases", field="phases", rule=RULE)
    if command.priority_eligible and command.enterprise_id is None:
        raise DomainError("only a vehicle of an enterprise can be", field="priority_eligible", rule=RULE)
    return VehicleRegistered(**command.__dict__)


def _account(command: RegisterAccount) -> AccountRegistered:
    check_account(command)
    return AccountRegistered(**command.__dict__)


def _enterprise(command: RegisterEnterprise) -> EnterpriseRegistered:
    return EnterpriseRegistered(**command.__dict__)


DESCRIBE: dict[type[Payload], Callable[..., Description]] = {
    RegisterSite: _site,
    RegisterCharger: _charger,
    RegisterVehicle: _vehicle,
    RegisterAccount: _account,
    RegisterEnterprise: _enterprise,
}


class Registry(Processor[Entity, Nothing]):
    """`processors.engine.processor.Processor` over the aggregates."""

    name = "registry"
    state_type = Entity
    observations_type = Nothing

    def initial_state(self, key: str) -> tuple[Entity, Nothing]:
        return Entity(), Nothing()

    def observe(self, state: Entity, observations: Nothing, given: Record) -> Nothing:
        return observations

    def decide(self, state: Entity, observations: Nothing, given: Record) -> Sequence[Payload]:
        match given.data:
            case ApproveEnterprise():
                return [approve(state.enterprise, given.data)]
            case SuspendEnterprise():
                return [suspend(state.enterprise, state.verification)]
        describe = DESCRIBE.get(type(given.data))
        if describe is None:
            raise DomainError(f"{given.type} is not for the registry", field="type", rule=RULE)
        if state.exists():
            raise DomainError("this id is taken", field="id", rule=RULE)
        aggregate = Registered(describe(given.data), timestamp=datetime.fromtimestamp(given.time / 1000, UTC))
        return [aggregate.description for _ in aggregate.collect_events()]

    def evolve(self, state: Entity, event: Payload, time_ms: int) -> Entity:
        match event:
            case SiteRegistered():
                return Entity(site=event)
            case ChargerRegistered():
                return Entity(charger=event)
            case VehicleRegistered():
                return Entity(vehicle=event)
            case AccountRegistered():
                return Entity(account=event)
            case EnterpriseRegistered():
                return Entity(enterprise=event)
            case EnterpriseApproved():
                return replace(state, verification="approved")
            case EnterpriseSuspended():
                return replace(state, verification="suspended")
        return state
