"""The state of a site: its tree, chargers, open sessions, targets, and what each member received."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domain.electrical.grid import Node, Outlet
from domain.electrical.outlet_id import charger_of
from domain.electrical.tree import nodes_of
from domain.records import Payload
from domain.records import sites as events
from domain.records.words import OUT_OF_SERVICE, OutletStatus
from domain.site.fairness import Received
from domain.site.session import Expectation, Session

REMEMBERED_WITHOUT_STOP = 64


@dataclass(frozen=True, slots=True)
class Unpermitted:
    """A transaction that began without a permit, and serves no session yet."""

    transaction_id: str
    vehicle_id: str | None
    meter_start_wh: int


@dataclass(frozen=True, slots=True)
class SiteCharger:
    """An outlet as the site sees it. `occupant`: a session that is over while its car is still plugged in.

    `own_status` is that of its connector; `whole_status` that of its charger as a whole, where this can't charge.
    """

    outlet: Outlet
    connected: bool = False
    own_status: OutletStatus = "unavailable"
    whole_status: OutletStatus | None = None
    transaction_id: str | None = None
    unpermitted: Unpermitted | None = None
    card_ms: int = 0
    """When the card of the car that charges there was last presented."""
    occupant: str | None = None
    occupant_wanted: bool = False

    @property
    def status(self) -> str:
        """The connector's status, unless the charger as a whole can't charge."""
        return self.whole_status or self.own_status


@dataclass(frozen=True, slots=True)
class Site:
    """What a site's own events say of it.

    `limits`: nodes with the limits in force; `fixed`: what targets can't lower; `priority_reserve_w`: what is reserved
    for P0; `walk_ups`: a card that nobody knows may charge where nobody waits.
    """

    id: str
    limits: dict[str, Node] = field(default_factory=dict)
    fixed: dict[str, int] = field(default_factory=dict)
    chargers: dict[str, SiteCharger] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    targets: dict[str, int] = field(default_factory=dict)
    targets_valid_until_ms: int = 0
    received: dict[str, Received] = field(default_factory=dict)
    free_at_ms: dict[str, int] = field(default_factory=dict)
    priority_reserve_w: int = 0
    walk_ups: bool = True
    without_stop: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Transactions without a stop -> the session that ended by it, and what this had received before (Wh)."""

    def session_of(self, vehicle_id: str | None) -> Session | None:
        """The open session of a vehicle."""
        if vehicle_id is None:
            return None
        return next((session for session in self.sessions.values() if session.vehicle_id == vehicle_id), None)

    def session_at(self, charger_id: str) -> Session | None:
        """The session that a charger is held for or serves."""
        return next((session for session in self.sessions.values() if session.charger_id == charger_id), None)

    def waiting(self, now_ms: int) -> list[Session]:
        """The sessions that wait and have no charger held for them, without those that are snoozed now."""
        return [one for one in self.sessions.values() if one.state == "queued" and one.snoozed_until_ms <= now_ms]

    def somebody_waits(self) -> bool:
        return any(session.state == "queued" for session in self.sessions.values())

    def outlets_of(self, charger_id: str) -> list[SiteCharger]:
        """The outlets of a charger, which may be named by one of them."""
        station = charger_of(charger_id)
        return [charger for charger in self.chargers.values() if charger_of(charger.outlet.id) == station]

    def free_chargers(self) -> list[SiteCharger]:
        """Those that a waiting car can be sent to: connected, available, not in use, not held."""
        taken = self._taken()
        return [
            charger
            for charger in self.chargers.values()
            if is_usable(charger) and charger.transaction_id is None and charger.outlet.id not in taken
        ]

    def busy_outlets(self) -> list[Outlet]:
        """Those that a session is using or about to use."""
        taken = self._taken()
        return [charger.outlet for charger in self.chargers.values() if charger.outlet.id in taken]

    def _taken(self) -> set[str | None]:
        return {session.charger_id for session in self.sessions.values()}

    def is_busy(self) -> bool:
        """Whether cars are here, so that time matters."""
        return bool(self.sessions) or any(charger.transaction_id is not None for charger in self.chargers.values())


def is_usable(charger: SiteCharger) -> bool:
    """Whether a new car could be plugged in there."""
    return charger.connected and charger.status in ("available", "preparing")


def has_failed(charger: SiteCharger) -> bool:
    """Whether it can't serve a car until it is back."""
    return not charger.connected or charger.status in OUT_OF_SERVICE


def evolve(site: Site, event: Payload, time_ms: int) -> Site:
    """The site after one of its own events."""
    match event:
        case events.SiteAdded():
            limits = nodes_of(event.nodes)
            return replace(site, limits=limits, priority_reserve_w=event.priority_reserve_w, walk_ups=event.walk_ups)
        case events.CapacityKnown():
            return replace(site, limits=nodes_of(event.limits), fixed=dict(event.fixed))
        case events.SiteChargerAdded():
            return _with_charger(site, SiteCharger(outlet_of(event)))
        case events.SiteChargerChanged():
            charger = site.chargers[event.charger_id]
            changed = replace(
                charger, connected=event.connected, own_status=event.status, whole_status=event.whole_status
            )
            return _with_charger(site, changed)
        case events.TransactionKnown():
            charger = site.chargers[event.charger_id]
            waiting = None
            if event.transaction_id is not None and not event.permitted:
                waiting = Unpermitted(event.transaction_id, event.vehicle_id, event.meter_start_wh)
            return _with_charger(site, replace(charger, transaction_id=event.transaction_id, unpermitted=waiting))
        case events.StartRequested():
            charger = site.chargers[event.charger_id]
            return _with_charger(site, replace(charger, card_ms=time_ms)) if charger.transaction_id else site
        case events.ChargerOccupied():
            charger = site.chargers[event.charger_id]
            return _with_charger(site, replace(charger, occupant=event.session_id, occupant_wanted=event.wanted))
        case events.ChargerReleased():
            charger = site.chargers[event.charger_id]
            return _with_charger(site, replace(charger, occupant=None, occupant_wanted=False))
        case events.ScheduleChanged():
            targets = site.targets | {target.charger_id: target.target_ma for target in event.targets}
            targets = {charger: target_ma for charger, target_ma in targets.items() if target_ma > 0}
            return replace(site, targets=targets, targets_valid_until_ms=event.valid_until_ms)
        case events.TargetsRenewed():
            return replace(site, targets_valid_until_ms=event.valid_until_ms)
        case events.EtaChanged():
            known = site.free_at_ms | dict(event.chargers)
            free_at_ms = {charger: at_ms for charger, at_ms in known.items() if at_ms is not None}
            return replace(site, free_at_ms=free_at_ms, sessions=site.sessions | _announced(site.sessions, event))
        case events.FairnessChanged():
            added = {
                member: site.received.get(member, Received()).plus(energy_wh, time_ms)
                for member, energy_wh in event.received
            }
            return replace(site, received=site.received | added)
        case events.SessionEnergyCorrected():
            others = {key: one for key, one in site.without_stop.items() if one[0] != event.session_id}
            return replace(site, without_stop=others)
        case events.SessionEnded() if event.transaction_id is not None:
            before_wh = site.sessions[event.session_id].before_wh
            ended = site.without_stop | {str(event.transaction_id): (event.session_id, before_wh)}
            site = replace(site, without_stop=dict(list(ended.items())[-REMEMBERED_WITHOUT_STOP:]))
    return replace(site, sessions=_sessions(site.sessions, event, time_ms))


def _announced(sessions: Mapping[str, Session], event: events.EtaChanged) -> dict[str, Session]:
    return {
        one.session_id: replace(
            sessions[one.session_id], announced=Expectation(one.tier, one.fairness.score_ppm, one.turn_at_ms)
        )
        for one in event.sessions
    }


def outlet_of(event: events.SiteChargerAdded) -> Outlet:
    """The charger as the electrical tree has it."""
    return Outlet(event.charger_id, event.node, event.phases, event.max_ma, event.min_ma, event.voltage_mv)


def _with_charger(site: Site, charger: SiteCharger) -> Site:
    return replace(site, chargers=site.chargers | {charger.outlet.id: charger})


def _sessions(sessions: Mapping[str, Session], event: Payload, time_ms: int) -> dict[str, Session]:
    """The open sessions after an event of one of them; one that ended is open no longer."""
    open_ones = dict(sessions)
    match event:
        case events.SessionQueued():
            open_ones[event.session_id] = Session(
                id=event.session_id,
                vehicle_id=event.vehicle_id,
                tier=event.tier,
                need_wh=event.need_wh,
                depart_ms=event.depart_ms,
                max_ma=event.max_ma,
                phases=event.phases,
                queued_ms=time_ms,
                walk_up=event.walk_up,
            )
        case events.SessionTierChanged():
            _change(open_ones, event.session_id, tier=event.tier, tier_until_ms=event.until_ms)
        case events.SessionEnergyEstimated():
            _change(open_ones, event.session_id, estimated=event.estimated)
        case events.SessionEnded():
            del open_ones[event.session_id]
        case events.SessionOffered():
            _change(
                open_ones,
                event.session_id,
                state="offered",
                charger_id=event.charger_id,
                until_ms=event.held_until_ms,
                announced=None,
            )
        case events.SessionSnoozed():
            _change(open_ones, event.session_id, state="queued", charger_id=None, snoozed_until_ms=event.until_ms)
        case events.SessionRequeued():
            _change(open_ones, event.session_id, state="queued", charger_id=None)
        case events.SessionAssigned():
            _change(open_ones, event.session_id, state="assigned", until_ms=event.plug_in_until_ms)
        case events.SessionCharging():
            waited_ms = open_ones[event.session_id].waited_until(time_ms)
            _change(
                open_ones,
                event.session_id,
                state="charging",
                charger_id=event.charger_id,
                meter_start_wh=event.meter_start_wh,
                interrupted=False,
                waited_ms=waited_ms,
                announced=None,
            )
        case events.SessionInterrupted():
            paused = open_ones[event.session_id].state == "paused"
            since_ms = open_ones[event.session_id].paused_since_ms if paused else time_ms
            _change(
                open_ones,
                event.session_id,
                state="paused",
                paused_since_ms=since_ms,
                interrupted=True,
                before_wh=event.energy_wh,
            )
        case events.SessionPaused():
            _change(open_ones, event.session_id, state="paused", paused_since_ms=time_ms)
        case events.SessionResumed():
            waited_ms = open_ones[event.session_id].waited_until(time_ms)
            _change(open_ones, event.session_id, state="charging", waited_ms=waited_ms)
    return open_ones


def _change(sessions: dict[str, Session], session_id: str, **fields: object) -> None:
    sessions[session_id] = replace(sessions[session_id], **fields)  # type: ignore[arg-type]
