"""Expectations: when each waiting car may count on a charger, and when each busy charger comes free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from domain.records.sites import EtaChanged, Expected
from domain.site.announcements import Place, has_moved, to_announce
from domain.site.context import SiteContext
from domain.site.eta import Etas, Stay, estimate
from domain.site.fair_share import recorded
from domain.site.fairness import Score
from domain.site.offers import ranked
from domain.site.queue import QueueEntry
from domain.site.session import Expectation, Session
from domain.site.state import Site


def expect(context: SiteContext) -> None:
    """Publish the estimates that are new or changed noticeably."""
    site = context.site
    order = ranked(context, [session for session in site.sessions.values() if session.state == "queued"])
    found = _estimates(context, [site.sessions[one.id] for one, _ in order])
    places = [_place(site.sessions[one.id], one, found.turn_at_ms.get(one.id)) for one, _ in order]
    announced = to_announce(places)
    sessions = tuple(_expected(one, score, found) for one, score in order if one.id in announced)
    chargers = tuple(_moved(site.free_at_ms, found.free_at_ms))
    if sessions or chargers:
        context.add(EtaChanged(sessions=sessions, chargers=chargers))


def _place(session: Session, one: QueueEntry, turn_at_ms: int | None) -> Place:
    return Place(one.id, one.queued_ms, Expectation(one.tier, one.score_ppm, turn_at_ms), session.announced)


def _expected(one: QueueEntry, score: Score, found: Etas) -> Expected:
    return Expected(
        session_id=one.id,
        tier=one.tier,
        fairness=recorded(score),
        queued_ms=one.queued_ms,
        turn_at_ms=found.turn_at_ms.get(one.id),
    )


def _moved(before: Mapping[str, int], now: Mapping[str, int]) -> Iterator[tuple[str, int | None]]:
    """The chargers whose time moved noticeably; None: it is no longer busy, or unknown."""
    for charger_id in sorted(before.keys() | now.keys()):
        at_ms = now.get(charger_id)
        if has_moved(before.get(charger_id), at_ms):
            yield charger_id, at_ms


def _estimates(context: SiteContext, order: Sequence[Session]) -> Etas:
    site = context.site
    busy = {
        session.charger_id: _stay(context, session, _rate_w(site, session.charger_id))
        for session in site.sessions.values()
        if session.charger_id is not None
    }
    expected_w = sum(stay.rate_w for stay in busy.values()) // len(busy) if busy else 0
    waiting = [_stay(context, session, expected_w) for session in order]
    free = [charger.outlet.id for charger in site.free_chargers()]
    return estimate(context.now_ms, free, busy, waiting)


def _stay(context: SiteContext, session: Session, rate_w: int) -> Stay:
    received_wh = (context.observations.delivered_wh(session) or 0) if session.plugged() else 0
    need_wh = None if session.need_wh is None else max(0, session.need_wh - received_wh)
    return Stay(session.id, need_wh, rate_w, session.depart_ms)


def _rate_w(site: Site, charger_id: str) -> int:
    """The power of the charger by its target (W); one that is held or paused counts at its minimum."""
    outlet = site.chargers[charger_id].outlet
    return outlet.power_w(max(outlet.min_ma, site.targets.get(charger_id, 0)))
