"""The observations of a site: meter readings, the limits granted, the energy delivered in congested time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from domain.electrical import metering, register
from domain.electrical.clock import is_live
from domain.electrical.metering import Metering
from domain.electrical.outlet_id import outlet_of
from domain.electrical.register import Moment, RegisterEnergy
from domain.records import Record
from domain.records.load import ClockLearnt, LimitDesired, TransactionStarted
from domain.records.observations import Metered
from domain.records.time import TimerDue
from domain.site.session import Session
from domain.site.state import Site, SiteCharger

SETTLED_MS = 60_000
"""How long a limit must have stood before a car that draws less is believed to want no more."""
HUNGRY_MA = 1_000
"""A car that comes this close to its limit may want more."""
MARGIN_MA = 2_000
"""The margin above what a car draws that leaves current unused, so that it can show that it wants more again."""
IDLE_MA = 500
"""A car that draws no more than this does not charge."""


@dataclass(frozen=True, slots=True)
class MeterReading:
    """The newest current of a charger's highest phase. `idle_since_ms`: since when the car has drawn nothing."""

    current_ma: int
    at_ms: int
    idle_since_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """The limit that `load` desired of the charger, and since when."""

    limit_ma: int
    since_ms: int


@dataclass(frozen=True, slots=True)
class SiteObservations:
    """What was observed of a site.

    `metering`: what a charger's readings say together, and what its transaction received.
    `usable_ma`: what a charger's car makes use of, with a margin, where it leaves some of its limit unused.
    `congested_wh`: what each open session received while others had to do with less. `clock_ms`: the offsets of the
    chargers' clocks, where they are off.
    """

    meters: dict[str, MeterReading] = field(default_factory=dict)
    metering: dict[str, Metering] = field(default_factory=dict)
    granted: dict[str, Granted] = field(default_factory=dict)
    usable_ma: dict[str, int] = field(default_factory=dict)
    congested_wh: dict[str, int] = field(default_factory=dict)
    clock_ms: dict[str, int] = field(default_factory=dict)

    def takes_no_more_since_ms(self, charger_id: str) -> int | None:
        """Since when a car has drawn nothing although it may; None: it draws, or may not, or is unknown."""
        meter, granted = self.meters.get(charger_id), self.granted.get(charger_id)
        if meter is None or meter.idle_since_ms is None or granted is None or granted.limit_ma == 0:
            return None
        return max(meter.idle_since_ms, granted.since_ms)

    def delivered_wh(self, session: Session) -> int | None:
        """What a plugged session has received, as far as its charger's readings are believed."""
        if session.interrupted:
            return session.before_wh
        energy = self._energy_of(session)
        return None if energy is None else session.before_wh + energy.energy_wh

    def is_estimated(self, session: Session) -> bool:
        """Whether some of what it received is not known."""
        energy = self._energy_of(session)
        return energy is not None and energy.estimated

    def _energy_of(self, session: Session) -> RegisterEnergy | None:
        known = self.metering.get(session.charger_id or "")
        return None if known is None else known.energy


def observe(site: Site, observations: SiteObservations, given: Record) -> SiteObservations:
    """The observations after an input."""
    match given.data:
        case Metered():
            return _observe_meter(site, observations, given.data, given.time)
        case LimitDesired():
            return _observe_limit(observations, given.data, given.time)
        case ClockLearnt():
            return _observe_clock(observations, given.data)
        case TransactionStarted():
            return _observe_start(site, observations, given.data, given.time)
        case TimerDue():
            return _forget_closed(site, observations)
    return observations


def metered_outlet(site: Site, observations: SiteObservations, metered: Metered, now_ms: int) -> SiteCharger | None:
    """The outlet whose present a reading is of. None: it is of the whole charger, another connector or transaction."""
    outlet = outlet_of(site.chargers, metered.charger_id, metered.evse_id)
    if outlet is None or not is_live(metered, observations.clock_ms.get(outlet), now_ms):
        return None
    charger = site.chargers[outlet]
    return charger if not metered.transaction_id or metered.transaction_id == charger.transaction_id else None


def _observe_meter(site: Site, observations: SiteObservations, metered: Metered, now_ms: int) -> SiteObservations:
    """A reading as far as it is believed; one that was queued in an outage is history, not the present."""
    charger = metered_outlet(site, observations, metered, now_ms)
    if charger is None:
        return observations
    outlet = charger.outlet.id
    now = Moment(now_ms, metered.charger_time_ms)
    session = site.session_at(outlet)
    known = _known(observations, charger, session, now)
    granted = observations.granted.get(outlet)
    after, said = metering.read(known, charger.outlet, metered, now, restart_ms=granted.since_ms if granted else 0)
    observations = replace(observations, metering=observations.metering | {outlet: after})
    if session is not None and session.plugged() and is_congested(site):
        observations = _observe_congestion(observations, session, known, after)
    return _observe_current(observations, outlet, said, now_ms)


def _known(observations: SiteObservations, charger: SiteCharger, session: Session | None, now: Moment) -> Metering:
    """What the outlet's readings say so far; of a session whose start was not observed, from its begin on."""
    known = observations.metering.get(charger.outlet.id, Metering())
    if known.transaction_id != charger.transaction_id:
        known = replace(known, transaction_id=charger.transaction_id, phases=1)
    if known.energy is None and session is not None and session.plugged():
        known = replace(known, energy=_begun(charger, session, now))
    return known


def _observe_congestion(
    observations: SiteObservations, session: Session, before: Metering, after: Metering
) -> SiteObservations:
    """What the session received while others had to do with less."""
    if before.energy is None or after.energy is None or after.energy.verdict != "believed":
        return observations
    received_wh = max(0, after.energy.energy_wh - before.energy.energy_wh)
    total_wh = observations.congested_wh.get(session.id, 0) + received_wh
    return replace(observations, congested_wh=observations.congested_wh | {session.id: total_wh})


def _begun(charger: SiteCharger, session: Session, now: Moment) -> RegisterEnergy:
    """The energy of a session whose start was observed before a loss of state: it queued before it began."""
    began_ms = min(session.queued_ms, now.ms)
    began = Moment(began_ms, now.charger_ms - now.ms + began_ms)
    return register.begin(charger.transaction_id or "", charger.outlet, session.meter_start_wh, began)


def _observe_current(
    observations: SiteObservations, outlet: str, said: metering.Reading, now_ms: int
) -> SiteObservations:
    found = said.drawn
    if found is None or not found.believed:
        return observations
    before = observations.meters.get(outlet)
    after = MeterReading(found.most_ma, now_ms, _idle_since_ms(before, found.most_ma, now_ms))
    observations = replace(observations, meters=observations.meters | {outlet: after})
    return _observe_use(observations, outlet, after)


def _observe_clock(observations: SiteObservations, learnt: ClockLearnt) -> SiteObservations:
    others = {charger: known_ms for charger, known_ms in observations.clock_ms.items() if charger != learnt.charger_id}
    known = {} if learnt.offset_ms is None else {learnt.charger_id: learnt.offset_ms}
    return replace(observations, clock_ms=others | known)


def _observe_limit(observations: SiteObservations, desired: LimitDesired, now_ms: int) -> SiteObservations:
    """A limit that `load` grants."""
    granted = Granted(desired.limit_ma, now_ms)
    return replace(observations, granted=observations.granted | {desired.charger_id: granted})


def _idle_since_ms(before: MeterReading | None, current_ma: int, now_ms: int) -> int | None:
    if current_ma > IDLE_MA:
        return None
    return now_ms if before is None or before.idle_since_ms is None else before.idle_since_ms


def _observe_use(observations: SiteObservations, charger_id: str, meter: MeterReading) -> SiteObservations:
    """Notice a car that leaves current unused once its limit has stood, and one that is hungry again."""
    granted = observations.granted.get(charger_id)
    known_ma = observations.usable_ma.get(charger_id)
    if granted is None:
        return observations
    if meter.current_ma > granted.limit_ma - HUNGRY_MA:
        return observations if known_ma is None else _with_usable(observations, charger_id, None)
    usable_ma = -(-meter.current_ma // 1000) * 1000 + MARGIN_MA
    stood = meter.at_ms - granted.since_ms >= SETTLED_MS
    noticeable = known_ma is None or abs(usable_ma - known_ma) >= MARGIN_MA
    return _with_usable(observations, charger_id, usable_ma) if stood and noticeable else observations


def _with_usable(observations: SiteObservations, charger_id: str, usable_ma: int | None) -> SiteObservations:
    others = {charger: known_ma for charger, known_ma in observations.usable_ma.items() if charger != charger_id}
    return replace(observations, usable_ma=others if usable_ma is None else others | {charger_id: usable_ma})


def _observe_start(
    site: Site, observations: SiteObservations, started: TransactionStarted, now_ms: int
) -> SiteObservations:
    """Another car: what the one before used and received is forgotten."""
    charger = site.chargers.get(started.charger_id)
    if charger is None or started.duplicate_of is not None:
        return observations
    began = register.began(now_ms, started.charger_time_ms)
    energy = register.begin(started.transaction_id, charger.outlet, started.meter_start_wh, began)
    granted = {other: limit for other, limit in observations.granted.items() if other != started.charger_id}
    begun = Metering(started.transaction_id, energy=energy)
    metered = observations.metering | {started.charger_id: begun}
    observations = replace(observations, granted=granted, metering=metered)
    return _with_usable(observations, started.charger_id, None)


def _forget_closed(site: Site, observations: SiteObservations) -> SiteObservations:
    """Forget what belongs to sessions that are over."""
    gone = [session_id for session_id in observations.congested_wh if session_id not in site.sessions]
    if not gone:
        return observations
    open_ones = {session_id: wh for session_id, wh in observations.congested_wh.items() if session_id in site.sessions}
    return replace(observations, congested_wh=open_ones)


def is_congested(site: Site) -> bool:
    """Whether somebody waits for a charger or is held below what the charger could give."""
    if site.somebody_waits():
        return True
    plugged = [session.charger_id for session in site.sessions.values() if session.plugged()]
    return any(site.targets.get(charger, 0) < site.chargers[charger].outlet.max_ma for charger in plugged if charger)
