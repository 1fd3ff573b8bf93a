"""`sites`: queue, chargers, holds, fairness, schedule. Stream: site id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from domain.errors import DomainError
from domain.records import Payload, Record, load, registry, sites, vehicles
from domain.records import observations as reports
from domain.records.time import TimerDue, TimerSet
from domain.site import admission, charging, ending, eta_updates, offers, targets, tiers
from domain.site.context import Deciding
from domain.site.observations import Sensed, forget_closed, sense_limit, sense_meter, sense_start
from domain.site.session import EVERYONE, Session
from domain.site.state import Charger, Site, evolve, has_failed
from processors.engine.processor import Processor

RULE = "sites.route.v1"
TICK_MS = 30_000
TICK = "tick"


class Sites(Processor[Site, Sensed]):
    """`processors.engine.processor.Processor` for sites; one with cars is planned anew every `tick_ms` (30 to 60 s)."""

    name = "sites"
    state_type = Site
    observations_type = Sensed

    def __init__(self, tick_ms: int = TICK_MS) -> None:
        if not 30_000 <= tick_ms <= 60_000:
            raise ValueError("a site is planned anew every 30 to 60 seconds")
        self.tick_ms = tick_ms

    def initial_state(self, key: str) -> tuple[Site, Sensed]:
        return Site(key), Sensed()

    def observe(self, state: Site, observations: Sensed, given: Record) -> Sensed:
        match given.data:
            case reports.Metered():
                return sense_meter(state, observations, given.data, given.time)
            case load.LimitDesired():
                return sense_limit(observations, given.data, given.time)
            case load.TransactionStarted():
                return sense_start(observations, given.data.charger_id)
            case TimerDue():
                return forget_closed(state, observations)
        return observations

    def decide(self, state: Site, observations: Sensed, given: Record) -> Sequence[Payload]:
        handle = HANDLERS.get(type(given.data))
        if handle is None:
            raise DomainError(f"{given.type} is not for a site", field="type", rule=RULE)
        deciding = Deciding(state, observations, given.time)
        if not state.limits and not isinstance(given.data, (registry.SiteRegistered, vehicles.SessionRequested)):
            raise DomainError("this site is not registered", field="site_id", rule=RULE)
        handle(deciding, given)
        if isinstance(given.data, TimerDue) or deciding.events:
            _follow_up(deciding)
        if deciding.site.is_busy() and (isinstance(given.data, TimerDue) or not state.is_busy()):
            deciding.events.append(TimerSet(name=TICK, due_ms=self._next_tick(given.time)))
        return deciding.events

    def evolve(self, state: Site, event: Payload, time_ms: int) -> Site:
        return evolve(state, event, time_ms)

    def _next_tick(self, now_ms: int) -> int:
        return (now_ms // self.tick_ms + 1) * self.tick_ms


def _follow_up(deciding: Deciding) -> None:
    """What every change may lead to: priority and holds that lapse, offers, a new schedule, new expectations."""
    tiers.lapse(deciding)
    ending.end_overdue(deciding)
    offers.withdraw_lost_offers(deciding)
    offers.offer_free_chargers(deciding)
    ending.ask_to_move(deciding)
    targets.plan(deciding)
    targets.renew(deciding)
    eta_updates.expect(deciding)


def _site(deciding: Deciding, given: Record) -> None:
    told: registry.SiteRegistered = given.data  # type: ignore[assignment]
    reserve_w = told.priority_reserve_w
    deciding.add(sites.SiteAdded(site_id=told.site_id, nodes=told.nodes, priority_reserve_w=reserve_w))


def _charger(deciding: Deciding, given: Record) -> None:
    told: registry.ChargerRegistered = given.data  # type: ignore[assignment]
    if told.node not in deciding.site.limits:
        raise DomainError(f"the site has no node {told.node}", field="node", rule=RULE)
    described = {name: value for name, value in told.__dict__.items() if name != "site_id"}
    deciding.add(sites.SiteChargerAdded(**described))


def _capacity(deciding: Deciding, given: Record) -> None:
    told: load.CapacityChanged = given.data  # type: ignore[assignment]
    deciding.add(sites.CapacityKnown(limits=told.limits, fixed=told.fixed))
    deciding.urgent = True


def _known(deciding: Deciding, charger_id: str) -> Charger:
    charger = deciding.site.chargers.get(charger_id)
    if charger is None:
        raise DomainError(f"the site has no charger {charger_id}", field="charger_id", rule=RULE)
    return charger


def _charger_is(deciding: Deciding, charger_id: str, *, connected: bool, status: str | None = None) -> None:
    charger = _known(deciding, charger_id)
    status = charger.status if status is None else status
    if (connected, status) != (charger.connected, charger.status):
        failed = has_failed(charger)
        deciding.add(sites.SiteChargerChanged(charger_id=charger_id, connected=connected, status=status))
        deciding.urgent |= failed != has_failed(deciding.site.chargers[charger_id])


def _connected(deciding: Deciding, given: Record) -> None:
    told: load.ChargerConnected = given.data  # type: ignore[assignment]
    _charger_is(deciding, told.charger_id, connected=True)


def _disconnected(deciding: Deciding, given: Record) -> None:
    told: load.ChargerDisconnected = given.data  # type: ignore[assignment]
    _charger_is(deciding, told.charger_id, connected=False)


def _status(deciding: Deciding, given: Record) -> None:
    told: load.ChargerStatusChanged = given.data  # type: ignore[assignment]
    charger = _known(deciding, told.charger_id)
    if told.connector_id == 0 and told.status == "Available" and charger.status != "Unavailable":
        return
    _charger_is(deciding, told.charger_id, connected=charger.connected, status=told.status)


def _authorize(deciding: Deciding, given: Record) -> None:
    told: reports.Authorize = given.data  # type: ignore[assignment]
    admission.admit(deciding, told, given.correlationid)


def _started(deciding: Deciding, given: Record) -> None:
    told: load.TransactionStarted = given.data  # type: ignore[assignment]
    _known(deciding, told.charger_id)
    charging.started(deciding, told, given.id)


def _stopped(deciding: Deciding, given: Record) -> None:
    told: load.TransactionStopped = given.data  # type: ignore[assignment]
    _known(deciding, told.charger_id)
    charging.stopped(deciding, told)


def _metered(deciding: Deciding, given: Record) -> None:
    told: reports.Metered = given.data  # type: ignore[assignment]
    ending.end_satisfied(deciding, told.charger_id)


def _learnt_only(deciding: Deciding, given: Record) -> None:
    """`observe` took in all there is."""


def _requested(deciding: Deciding, given: Record) -> None:
    told: vehicles.SessionRequested = given.data  # type: ignore[assignment]
    if deciding.site.session_of(told.vehicle_id) is not None:
        _refuse(deciding, told, "this vehicle is charging here already")
    elif not deciding.site.chargers:
        _refuse(deciding, told, "this site has no chargers")
    else:
        known_there = ("level_permille", "site_zone")
        wanted = {name: value for name, value in told.__dict__.items() if name not in known_there}
        deciding.add(sites.SessionQueued(**wanted, walk_up=False))


def _refuse(deciding: Deciding, told: vehicles.SessionRequested, reason: str) -> None:
    deciding.add(sites.SessionRefused(session_id=told.session_id, vehicle_id=told.vehicle_id, reason=reason))


def _open(deciding: Deciding, session_id: str) -> Session:
    session = deciding.site.sessions.get(session_id)
    if session is None:
        raise DomainError("this session is not open", field="session_id", rule=RULE)
    return session


def _cancel(deciding: Deciding, given: Record) -> None:
    told: vehicles.CancelRequested = given.data  # type: ignore[assignment]
    ending.end(deciding, _open(deciding, told.session_id), "cancelled", "cancelled")


def _accept(deciding: Deciding, given: Record) -> None:
    told: vehicles.AcceptRequested = given.data  # type: ignore[assignment]
    offers.accept(deciding, _open(deciding, told.session_id))


def _snooze(deciding: Deciding, given: Record) -> None:
    told: vehicles.SnoozeRequested = given.data  # type: ignore[assignment]
    offers.snooze(deciding, _open(deciding, told.session_id))


def _granted(deciding: Deciding, given: Record) -> None:
    told: vehicles.PriorityGranted = given.data  # type: ignore[assignment]
    tiers.change(deciding, told.session_id, told.tier, told.valid_until_ms)


def _expired(deciding: Deciding, given: Record) -> None:
    told: vehicles.PriorityExpired = given.data  # type: ignore[assignment]
    tiers.change(deciding, told.session_id, EVERYONE, None)


HANDLERS: dict[type[Payload], Callable[[Deciding, Record], Any]] = {
    registry.SiteRegistered: _site,
    registry.ChargerRegistered: _charger,
    load.CapacityChanged: _capacity,
    load.ChargerConnected: _connected,
    load.ChargerDisconnected: _disconnected,
    load.ChargerStatusChanged: _status,
    load.LimitDesired: _learnt_only,
    load.TransactionRefused: _learnt_only,
    load.TransactionStarted: _started,
    load.TransactionStopped: _stopped,
    reports.Authorize: _authorize,
    reports.Metered: _metered,
    vehicles.SessionRequested: _requested,
    vehicles.CancelRequested: _cancel,
    vehicles.AcceptRequested: _accept,
    vehicles.SnoozeRequested: _snooze,
    vehicles.PriorityGranted: _granted,
    vehicles.PriorityExpired: _expired,
    TimerDue: _learnt_only,
}
