"""What `sites` learns of its chargers and may learn again: meters, limits granted, energy in congested time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from domain.records.chargers import Metered
from domain.records.load import LimitDesired
from domain.session import Session
from domain.site import Site


@dataclass(frozen=True, slots=True)
class Meter:
    """The newest readings of a charger. None: it never said."""

    energy_wh: int | None
    current_ma: int | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class Granted:
    """The limit that `load` asked the charger to keep, since when."""

    limit_ma: int
    since_ms: int


@dataclass(frozen=True, slots=True)
class Sensed:
    """The working state of a site. `congested_wh`: what each open session received while others had to do with less."""

    meters: dict[str, Meter] = field(default_factory=dict)
    granted: dict[str, Granted] = field(default_factory=dict)
    congested_wh: dict[str, int] = field(default_factory=dict)

    def delivered_wh(self, session: Session) -> int | None:
        """What a plugged session has received, as far as its charger's meter told."""
        meter = self.meters.get(session.charger_id or "")
        if meter is None or meter.energy_wh is None:
            return None
        return max(0, meter.energy_wh - session.meter_start_wh)


def sense_meter(site: Site, sensed: Sensed, metered: Metered, now_ms: int) -> Sensed:
    """Take in a fresh reading; queued ones from an outage are history, not the present."""
    if not metered.fresh:
        return sensed
    before = sensed.meters.get(metered.charger_id)
    energy_wh = metered.energy_wh
    if energy_wh is None and before is not None:
        energy_wh = before.energy_wh
    current_ma = max(metered.current_ma) if metered.current_ma is not None else None
    after = Meter(energy_wh, current_ma, now_ms)
    sensed = replace(sensed, meters=sensed.meters | {metered.charger_id: after})
    session = site.session_at(metered.charger_id)
    if session is None or not session.plugged() or not is_congested(site):
        return sensed
    received_wh = _gain_wh(before, after)
    total_wh = sensed.congested_wh.get(session.id, 0) + received_wh
    return replace(sensed, congested_wh=sensed.congested_wh | {session.id: total_wh})


def sense_limit(sensed: Sensed, desired: LimitDesired, now_ms: int) -> Sensed:
    """Take in what `load` grants."""
    granted = Granted(desired.limit_ma, now_ms)
    return replace(sensed, granted=sensed.granted | {desired.charger_id: granted})


def forget_closed(site: Site, sensed: Sensed) -> Sensed:
    """Let go of what belongs to sessions that are over."""
    gone = [session_id for session_id in sensed.congested_wh if session_id not in site.sessions]
    if not gone:
        return sensed
    kept = {session_id: wh for session_id, wh in sensed.congested_wh.items() if session_id in site.sessions}
    return replace(sensed, congested_wh=kept)


def is_congested(site: Site) -> bool:
    """Whether somebody waits for a charger or is held below what the charger could give."""
    if site.somebody_waits():
        return True
    plugged = [session.charger_id for session in site.sessions.values() if session.plugged()]
    return any(site.targets.get(charger, 0) < site.chargers[charger].outlet.max_ma for charger in plugged if charger)


def _gain_wh(before: Meter | None, after: Meter) -> int:
    if before is None or before.energy_wh is None or after.energy_wh is None:
        return 0
    return max(0, after.energy_wh - before.energy_wh)
