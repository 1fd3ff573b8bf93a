"""Expectations: when each waiting car may count on a charger, and when each busy charger comes free."""

from __future__ import annotations

from collections.abc import Sequence

from domain.deciding import Deciding
from domain.eta import Etas, Stay, estimate
from domain.offers import standings
from domain.records.sessions import EtaChanged, Standing
from domain.session import Session
from domain.site import Site

WORTH_TELLING_MS = 5 * 60_000
"""An estimate that moved by less is not told again."""


def expect(deciding: Deciding) -> None:
    """Tell the new estimates where somebody's changed noticeably, came or went."""
    site = deciding.site
    order = standings(deciding, [session for session in site.sessions.values() if session.state == "queued"])
    found = _estimates(deciding, order)
    if _moved(site.turn_at_ms, found.turn_at_ms) or _moved(site.free_at_ms, found.free_at_ms):
        sessions, chargers = sorted(found.turn_at_ms.items()), sorted(found.free_at_ms.items())
        deciding.add(EtaChanged(sessions=tuple(sessions), chargers=tuple(chargers), standings=order))


def _estimates(deciding: Deciding, order: Sequence[Standing]) -> Etas:
    site = deciding.site
    busy = {
        session.charger_id: _stay(deciding, session, _rate_w(site, session.charger_id))
        for session in site.sessions.values()
        if session.charger_id is not None
    }
    expected_w = sum(stay.rate_w for stay in busy.values()) // len(busy) if busy else 0
    waiting = [_stay(deciding, site.sessions[one.session_id], expected_w) for one in order]
    free = [charger.outlet.id for charger in site.free_chargers()]
    return estimate(deciding.now_ms, free, busy, waiting)


def _stay(deciding: Deciding, session: Session, rate_w: int) -> Stay:
    received_wh = (deciding.sensed.delivered_wh(session) or 0) if session.plugged() else 0
    need_wh = None if session.need_wh is None else max(0, session.need_wh - received_wh)
    return Stay(session.id, need_wh, rate_w, session.depart_ms)


def _rate_w(site: Site, charger_id: str) -> int:
    """What the charger gives by its target; one that is held or paused is taken at its minimum."""
    outlet = site.chargers[charger_id].outlet
    return outlet.power_w(max(outlet.min_ma, site.targets.get(charger_id, 0)))


def _moved(before: dict[str, int], after: dict[str, int]) -> bool:
    if before.keys() != after.keys():
        return True
    return any(abs(after[name] - at_ms) >= WORTH_TELLING_MS for name, at_ms in before.items())
