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
from domain.site.session import Expectation, Interruption, Session

REMEMBERED_WITHOUT_STOP = 64


@dataclass(frozen=True, slots=True)
class BegunTransaction:
    """A transaction as its start was reported."""

    transaction_id: str
    vehicle_id: str | None
    meter_start_wh: int
    token_ref: str = ""


@dataclass(frozen=True, slots=True)
class WithoutStop:
    """What counts of a transaction that ended without its stop: `energy_wh`, of its session.

    `total_wh`: what the session received in all; None: it is open, and knows that itself. `rest_estimated`: some of
    what it received in transactions that ended with a stop is not known.
    """

    session_id: str
    energy_wh: int
    estimated: bool
    total_wh: int | None = None
    rest_estimated: bool = False


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
    unpermitted: BegunTransaction | None = None
    """Its transaction where that began without a permit, and serves no session yet."""
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
    without_stop: dict[str, WithoutStop] = field(default_factory=dict)
    """Transactions that ended without a stop, by which the energy of their sessions may still be corrected."""

    def session_of(self, vehicle_id: str | None) -> Session | None:
        """The open session of a vehicle."""
        if vehicle_id is None:
            return None
        return next((session for session in self.sessions.values() if session.vehicle_id == vehicle_id), None)

    def session_at(self, charger_id: str) -> Session | None:
        """The session that a charger is held for or serves."""
        return next((session for session in self.sessions.values() if session.charger_id == charger_id), None)

    def session_for(self, charger_id: str, vehicle_id: str | None, token_ref: str) -> Session | None:
        """The open session that a token means at an outlet: its vehicle's, or the one that it began there itself."""
        there = self.session_at(charger_id)
        if there is not None and there.plugged() and there.token_ref == token_ref != "":
            return there
        return self.session_of(vehicle_id)

    def waiting(self, now_ms: int) -> list[Session]:
        """The sessions that wait and have no charger held for them, without those that are snoozed now."""
        return [one for one in self.sessions.values() if one.state == "queued" and one.snoozed_until_ms <= now_ms]

    def is_before_estimated(self, session: Session) -> bool:
        """Whether some of what a session received in transactions that are over is not known."""
        awaited = (one for one in self.without_stop.values() if one.session_id == session.id)
        return session.before_estimated or any(one.estimated for one in awaited)

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
                waiting = BegunTransaction(
                    event.transaction_id, event.vehicle_id, event.meter_start_wh, event.token_ref
                )
            return _with_charger(site, replace(charger, transaction_id=event.transaction_id, unpermitted=waiting))
        case events.StartRequested() if event.resumes is None:
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
            site = replace(site, without_stop=_corrected(site.without_stop, event))
        case events.SessionInterrupted() | events.SessionEnded():
            site = replace(site, without_stop=_ended_without_stop(site, event))
    return replace(site, sessions=_sessions(site.sessions, event, time_ms))


def _ended_without_stop(site: Site, event: events.SessionInterrupted | events.SessionEnded) -> dict[str, WithoutStop]:
    """What late stops may correct, after a session was interrupted or has ended."""
    without_stop = dict(site.without_stop)
    if event.transaction_id is not None:
        energy_wh = event.energy_wh - site.sessions[event.session_id].before_wh
        without_stop[event.transaction_id] = WithoutStop(event.session_id, energy_wh, event.estimated)
    if isinstance(event, events.SessionEnded):
        total = {"total_wh": event.energy_wh, "rest_estimated": event.estimated_with_stops}
        without_stop = {
            key: replace(one, **total) if one.session_id == event.session_id else one  # type: ignore[arg-type]
            for key, one in without_stop.items()
        }
    return dict(list(without_stop.items())[-REMEMBERED_WITHOUT_STOP:])


def _corrected(without_stop: Mapping[str, WithoutStop], event: events.SessionEnergyCorrected) -> dict[str, WithoutStop]:
    """What late stops may still correct. Earlier builds corrected a session once, and did not name the transaction."""
    own = {key for key, one in without_stop.items() if one.session_id == event.session_id}
    settled = own if event.transaction_id is None else {event.transaction_id}
    total_wh = None if event.open else event.energy_wh
    return {
        key: replace(one, total_wh=total_wh) if key in own else one
        for key, one in without_stop.items()
        if key not in settled
    }


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
                token_ref=event.token_ref,
                interruption=None,
                waited_ms=waited_ms,
                announced=None,
            )
        case events.SessionInterrupted():
            paused = open_ones[event.session_id].state == "paused"
            before_estimated = open_ones[event.session_id].before_estimated
            since_ms = open_ones[event.session_id].paused_since_ms if paused else time_ms
            _change(
                open_ones,
                event.session_id,
                state="paused",
                paused_since_ms=since_ms,
                interruption=Interruption(time_ms),
                before_wh=event.energy_wh,
                before_estimated=before_estimated or (event.estimated and event.transaction_id is None),
            )
        case events.SessionEnergyCorrected() if event.open:
            before_estimated = open_ones[event.session_id].before_estimated or event.estimated
            _change(open_ones, event.session_id, before_wh=event.energy_wh, before_estimated=before_estimated)
        case events.StartRequested() if event.resumes in open_ones:
            _interruption(open_ones, event.resumes, since_ms=time_ms, request_id=event.request_id)
        case events.ResumeRequested():
            before = open_ones[event.session_id].interruption
            _interruption(open_ones, event.session_id, attempts=before.attempts + 1 if before else 1, request_id="")
        case events.ResumeFailed():
            _interruption(open_ones, event.session_id, failed=True)
        case events.ResumeWithheld():
            _interruption(open_ones, event.session_id, withheld=True, request_id="")
        case events.SessionPaused():
            _change(open_ones, event.session_id, state="paused", paused_since_ms=time_ms)
        case events.SessionResumed():
            waited_ms = open_ones[event.session_id].waited_until(time_ms)
            _change(open_ones, event.session_id, state="charging", waited_ms=waited_ms)
    return open_ones


def _interruption(sessions: dict[str, Session], session_id: str, **fields: object) -> None:
    interruption = sessions[session_id].interruption
    if interruption is not None:
        _change(sessions, session_id, interruption=replace(interruption, **fields))  # type: ignore[arg-type]


def _change(sessions: dict[str, Session], session_id: str, **fields: object) -> None:
    sessions[session_id] = replace(sessions[session_id], **fields)  # type: ignore[arg-type]
