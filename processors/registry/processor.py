"""The processor of the registry: routes commands to the aggregates, and stores their state frozen between inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.decision import DecisionContext
from domain.records import Payload, Record
from domain.records.registry import (
    AccountRegistered,
    ApproveEnterprise,
    CardChanged,
    ChangeCard,
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
from domain.registry.enterprise import check_registered
from domain.registry.identity import RULE, check_free
from domain.registry.vehicle import check_vehicle_registered
from processors.engine.processor import Processor
from processors.engine.routing import Handlers
from processors.registry.account import Account
from processors.registry.charger import Charger
from processors.registry.enterprise import Enterprise
from processors.registry.entity import Entity, EntityState, timestamp
from processors.registry.site import Site
from processors.registry.vehicle import Vehicle

REGISTERED_BY: dict[type[Payload], type[Entity]] = {
    RegisterSite: Site,
    RegisterCharger: Charger,
    RegisterVehicle: Vehicle,
    RegisterAccount: Account,
    RegisterEnterprise: Enterprise,
}
"""The aggregate that each command creates."""

CHANGED_BY: dict[type[Payload], type[Entity]] = {
    SiteRegistered: Site,
    ChargerRegistered: Charger,
    VehicleRegistered: Vehicle,
    CardChanged: Vehicle,
    AccountRegistered: Account,
    EnterpriseRegistered: Enterprise,
    EnterpriseApproved: Enterprise,
    EnterpriseSuspended: Enterprise,
}
"""The aggregate that each record changes."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The registry observes nothing."""


class RegistryContext(DecisionContext[EntityState, Nothing]):
    """One command to one entity while it is decided."""

    def evolve(self, state: EntityState, event: Payload, time_ms: int) -> EntityState:
        return evolve(state, event, time_ms)

    @property
    def timestamp(self) -> datetime:
        """The time of the command, as aggregates have it."""
        return timestamp(self.now_ms)

    def add_events_of(self, entity: Entity) -> None:
        """Add the events that an entity decided, and its state after them."""
        self.events += entity.records()
        self.state = entity.state

    def vehicle(self) -> Vehicle:
        """The vehicle that is concerned. Raises `DomainError` where none is registered."""
        check_vehicle_registered(self.state.vehicle)
        return Vehicle.restored(self.state, self.timestamp)

    def enterprise(self) -> Enterprise:
        """The enterprise that is concerned. Raises `DomainError` where none is registered."""
        check_registered(self.state.enterprise)
        return Enterprise.restored(self.state, self.timestamp)


def evolve(state: EntityState, event: Payload, time_ms: int) -> EntityState:
    """The state after an event, by its aggregate; a rejection changes none."""
    aggregate = CHANGED_BY.get(type(event))
    return state if aggregate is None else aggregate.after(state, event, timestamp(time_ms))


handlers = Handlers[RegistryContext]("the registry", rule=RULE)


@handlers.on(*REGISTERED_BY)
def register(context: RegistryContext, command: Payload) -> None:
    check_free(context.state.version)
    aggregate = REGISTERED_BY[type(command)]
    context.add_events_of(aggregate.register(context.state.stream, command, context.timestamp))


@handlers.on(ApproveEnterprise)
def approve(context: RegistryContext, command: ApproveEnterprise) -> None:
    enterprise = context.enterprise()
    enterprise.approve(command, context.timestamp)
    context.add_events_of(enterprise)


@handlers.on(SuspendEnterprise)
def suspend(context: RegistryContext, command: SuspendEnterprise) -> None:
    enterprise = context.enterprise()
    enterprise.suspend(context.timestamp)
    context.add_events_of(enterprise)


@handlers.on(ChangeCard)
def change_card(context: RegistryContext, command: ChangeCard) -> None:
    vehicle = context.vehicle()
    vehicle.change_card(command, context.timestamp)
    context.add_events_of(vehicle)


class Registry(Processor[EntityState, Nothing]):
    """The registry as the host sees it."""

    name = "registry"
    state_type = EntityState
    observations_type = Nothing

    def initial_state(self, key: str) -> tuple[EntityState, Nothing]:
        return EntityState(key), Nothing()

    def observe(self, state: EntityState, observations: Nothing, given: Record) -> Nothing:
        return observations

    def decide(self, state: EntityState, observations: Nothing, given: Record) -> Sequence[Payload]:
        context = RegistryContext(state, observations, given)
        handlers.of(given)(context, given.data)
        return context.events

    def evolve(self, state: EntityState, event: Payload, time_ms: int) -> EntityState:
        return evolve(state, event, time_ms)
