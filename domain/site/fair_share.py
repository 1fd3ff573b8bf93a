"""A session's fairness score and weight, from what the site knows and has observations."""

from __future__ import annotations

from domain.electrical.grid import Outlet
from domain.records.sites import Fairness
from domain.site.fairness import Score, laxity_ms, mean_received_mwh, score
from domain.site.observations import SiteObservations
from domain.site.scheduling import weight_ppm
from domain.site.session import Session
from domain.site.state import Site

COMMON_POWER_W = 7_400
"""What a waiting car may expect of a charger, for its slack: one phase at 32 A."""


def mean_received(site: Site, now_ms: int) -> int | None:
    """What a member has received on average (decayed mWh): the measure of what each has received."""
    return mean_received_mwh(site.received.values(), now_ms)


def score_of(site: Site, observations: SiteObservations, session: Session, mean_mwh: int | None, now_ms: int) -> Score:
    """The score of a session now: what its member received in congested hours counts against it, waiting for it.

    `mean_mwh` is `mean_received()`, the same for all sessions at a time.
    """
    return score(
        received_mwh=_received_mwh(site, observations, session, now_ms),
        mean_received_mwh=mean_mwh,
        waited_ms=session.waited_until(now_ms),
        laxity_ms=_laxity_ms(site, observations, session, now_ms),
    )


def recorded(found: Score) -> Fairness:
    """A score as events hold it."""
    return Fairness(
        score_ppm=found.total_ppm,
        energy_ppm=found.energy_ppm,
        waiting_ppm=found.waiting_ppm,
        slack_ppm=found.slack_ppm,
    )


def weight_of(site: Site, observations: SiteObservations, session: Session, found: Fairness, now_ms: int) -> int:
    """The session's weight in the max-min share: its score, leaning to those with the least slack."""
    return weight_ppm(found.score_ppm, _laxity_ms(site, observations, session, now_ms))


def _received_mwh(site: Site, observations: SiteObservations, session: Session, now_ms: int) -> int | None:
    """What the member received, this session included; None for a walk-up whose vehicle is unknown."""
    if session.vehicle_id is None:
        return None
    known = site.received.get(session.vehicle_id)
    before_mwh = known.mwh_at(now_ms) if known is not None else 0
    return before_mwh + observations.congested_wh.get(session.id, 0) * 1000


def _laxity_ms(site: Site, observations: SiteObservations, session: Session, now_ms: int) -> int | None:
    received_wh = (observations.delivered_wh(session) or 0) if session.plugged() else 0
    need_wh = None if session.need_wh is None else max(0, session.need_wh - received_wh)
    return laxity_ms(now_ms, session.depart_ms, need_wh, _full_power_w(site, session))


def _full_power_w(site: Site, session: Session) -> int:
    charger = site.chargers.get(session.charger_id or "")
    return COMMON_POWER_W if charger is None else _outlet_power_w(charger.outlet, session)


def _outlet_power_w(outlet: Outlet, session: Session) -> int:
    return outlet.power_w(min(outlet.max_ma, session.max_ma or outlet.max_ma))
