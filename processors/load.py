"""`load`: the safety kernel. Stream: site id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from domain.errors import DomainError
from domain.load_control import capacity, caps, confirmations, cutting, desired, floors, leases, permits, transactions
from domain.load_control.commissioning import open_commissioning
from domain.load_control.compliance import judge
from domain.load_control.connections import answered, booted, connected, disconnected, status_changed
from domain.load_control.context import Deciding
from domain.load_control.counting import counted_ma
from domain.load_control.evolve import evolve
from domain.load_control.ledger import Charger, Ledger
from domain.load_control.make_before_break import lower, raise_limits
from domain.load_control.meters import Meters, sense
from domain.load_control.ownership import owner, refuse_older_socket
from domain.load_control.site import add_charger, request_command, set_tree, take_targets
from domain.load_control.waking import next_due_ms
from domain.records import Payload, Record, load, registry, sites
from domain.records import observations as reports
from domain.records.time import TimerDue, TimerSet
from processors.engine.processor import Processor

RULE = "load_control.route.v1"
WAKE = "wake"


class Load(Processor[Ledger, Meters]):
    """`processors.engine.processor.Processor` for the kernel of a site."""

    name = "load"
    state_type = Ledger
    observations_type = Meters

    def initial_state(self, key: str) -> tuple[Ledger, Meters]:
        return Ledger(key), Meters()

    def observe(self, state: Ledger, observations: Meters, given: Record) -> Meters:
        if observations.since_ms == 0:
            observations = replace(observations, since_ms=given.time)
        match given.data:
            case reports.Metered() if given.data.charger_id in state.chargers:
                return sense(state.chargers[given.data.charger_id], observations, given.data, given.time)
            case reports.TransactionStop():
                return _forget_stopped(state, observations, given.data)
        return observations

    def decide(self, state: Ledger, observations: Meters, given: Record) -> Sequence[Payload]:
        handle = HANDLERS.get(type(given.data))
        if handle is None:
            raise DomainError(f"{given.type} is not for the safety kernel", field="type", rule=RULE)
        if not state.nodes and not isinstance(given.data, registry.SiteRegistered):
            raise DomainError("this site is not registered", field="site_id", rule=RULE)
        refuse_older_socket(state, given)
        deciding = Deciding(state, observations, given.time)
        follows = handle(deciding, given)
        if deciding.events or follows:
            follow_up(deciding)
        return [*deciding.events, *_wake(state, deciding, given)]

    def evolve(self, state: Ledger, event: Payload, time_ms: int) -> Ledger:
        return evolve(state, event, time_ms)

    def desired(self, state: Ledger, event: Payload) -> Sequence[desired.Desired]:
        match event:
            case (
                load.ChargerConnected()
                | load.ChargerDisconnected()
                | load.FailsafeDesired()
                | load.LimitDesired()
                | load.LeaseEnded()
            ):
                return [_desired(state, state.chargers[event.charger_id])]
            case load.LimitsRenewed():
                return [_desired(state, state.chargers[limit.charger_id]) for limit in event.limits]
        return ()


def follow_up(deciding: Deciding) -> None:
    """What every change may lead to. Decreases come first, so that what follows sees them."""
    lower(deciding)
    floors.follow_plan(deciding)
    cutting.watch(deciding)
    cutting.cut(deciding)
    permits.permit_waiting(deciding)
    raise_limits(deciding)
    floors.follow_plan(deciding)
    confirmations.chase(deciding)
    leases.renew(deciding)
    capacity.tell(deciding)
    capacity.watch(deciding)


def _wake(before: Ledger, deciding: Deciding, given: Record) -> list[Payload]:
    """Set the timer where the next due moment is another one, and whenever the last one was used up."""
    now_ms = deciding.now_ms
    used_up = isinstance(given.data, TimerDue)
    if not deciding.events and not used_up:
        return []
    due_ms = next_due_ms(deciding.ledger, now_ms)
    if due_ms is None or (not used_up and due_ms == next_due_ms(before, now_ms)):
        return []
    return [TimerSet(name=WAKE, due_ms=due_ms)]


def _desired(state: Ledger, charger: Charger) -> desired.Desired:
    floor, held = charger.floor, charger.lease
    lease = None
    if held is not None:
        connectors = {one.id: one.connector_id for one in charger.transactions}
        lease = desired.Lease(
            held.transaction_id,
            held.limit_ma,
            held.ask.generation,
            held.valid_until_ms,
            connectors.get(held.transaction_id, 1),
        )
    return desired.Desired(
        charger_id=charger.id,
        site_id=state.site_id,
        phases=len(charger.outlet.phases),
        floor=desired.Floor(floor.desired_ma, floor.ask.generation) if floor.ask.generation else None,
        lease=lease,
        owner=owner(charger),
    )


def _forget_stopped(state: Ledger, observations: Meters, told: reports.TransactionStop) -> Meters:
    """A charger meters its transactions only: what it drew is over with the last of them."""
    charger = state.chargers.get(told.charger_id)
    if charger is None or [one.id for one in charger.transactions] != [told.transaction_id]:
        return observations
    return observations.forget(told.charger_id)


def _metered(deciding: Deciding, given: Record) -> bool:
    """Whether a reading matters: it is judged, or what its charger counts at is another."""
    told: reports.Metered = given.data  # type: ignore[assignment]
    charger = deciding.charger(told.charger_id)
    meter = deciding.meter(charger)
    if not told.fresh or meter is None or meter.at_ms != deciding.now_ms:
        return False
    if charger.transactions:
        judge(deciding, charger, meter)
    else:
        confirmations.watch_idle(deciding, charger, meter)
    before = replace(meter, current_ma=meter.previous_ma)
    changed = deciding.counted_ma(charger) != counted_ma(charger, before, deciding.now_ms)
    return changed or ("meter_silent", charger.id) in deciding.ledger.alarms


def _started(deciding: Deciding, given: Record) -> None:
    transactions.start(deciding, given.data, given.id)  # type: ignore[arg-type]


def _start_requested(deciding: Deciding, given: Record) -> None:
    told: sites.StartRequested = given.data  # type: ignore[assignment]
    permits.request(deciding, deciding.charger(told.charger_id), told.request_id)


def _nothing(deciding: Deciding, given: Record) -> bool:
    """The gateway uses these itself."""
    return False


def _due(deciding: Deciding, given: Record) -> bool:
    return True


def _by(rule: Callable[[Deciding, Any], None]) -> Callable[[Deciding, Record], None]:
    """A rule that needs no more than what was told."""
    return lambda deciding, given: rule(deciding, given.data)


HANDLERS: dict[type[Payload], Callable[[Deciding, Record], bool | None]] = {
    registry.SiteRegistered: _by(set_tree),
    registry.ChargerRegistered: _by(add_charger),
    load.SetGridLimit: _by(caps.set_grid_limit),
    load.CommissionCharger: _by(open_commissioning),
    load.RequestCommand: _by(request_command),
    reports.Connected: _by(connected),
    reports.Disconnected: _by(disconnected),
    reports.Booted: _by(booted),
    reports.Status: _by(status_changed),
    reports.TransactionStart: _started,
    reports.TransactionStop: _by(transactions.stop),
    reports.Metered: _metered,
    reports.ProfileAnswer: _by(answered),
    reports.CommandAnswer: _by(confirmations.command_answered),
    reports.Configuration: _nothing,
    sites.StartRequested: _start_requested,
    sites.ScheduleChanged: _by(take_targets),
    sites.TargetsRenewed: _by(take_targets),
    TimerDue: _due,
}
