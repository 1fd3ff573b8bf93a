"""The targets of a site's chargers (mA per phase), planned again on every tick and at every change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.electrical.grid import Outlet
from domain.electrical.tree import specs_of
from domain.records.sites import Claimant, ScheduleChanged, SessionPaused, SessionResumed, Target, TargetsRenewed
from domain.site.context import SiteContext
from domain.site.fair_share import mean_received, recorded, score_of, weight_of
from domain.site.scheduling import PluggedCar, schedule
from domain.site.session import EMERGENCY, Session

RULE = "scheduling.weighted_max_min.v1"
VALID_MS = 10 * 60_000
"""How long `load` may follow targets that are not renewed."""
WORTHWHILE_MA = 2_000
"""A tick changes targets only where one moves by as much: each change is a message that a charger must confirm."""


def plan(context: SiteContext) -> None:
    """Divide the capacity in force among the plugged-in cars, and publish what changed."""
    plugged = with_transaction(context)
    claimants = _claimants(context, plugged)
    reserve_w = _reserve_w(context)
    found = _schedule(context, claimants, reserve_w)
    changed = _changes(context, found)
    if changed and (context.urgent or _is_worthwhile(context, changed)):
        context.add(
            ScheduleChanged(
                targets=tuple(Target(charger_id=charger, target_ma=target_ma) for charger, target_ma in changed),
                valid_until_ms=context.now_ms + VALID_MS,
                claimants=tuple(claimants),
                limits=specs_of(context.site.limits),
                fixed=tuple(context.site.fixed.items()),
                priority_reserve_w=reserve_w,
                rule=RULE,
                reason=_reason(found),
            )
        )
    for session in plugged:
        _pause_or_resume(context, session, context.site.targets.get(session.charger_id or "", 0))


def with_transaction(context: SiteContext) -> list[Session]:
    """The sessions whose cars may draw current now."""
    return [one for one in context.site.sessions.values() if one.plugged() and not one.interrupted]


def expected(context: SiteContext, sessions: Sequence[Session]) -> dict[str, int]:
    """The targets if exactly these sessions shared the capacity."""
    return _schedule(context, _claimants(context, sessions), _reserve_w(context))


def _schedule(context: SiteContext, claimants: Sequence[Claimant], reserve_w: int) -> dict[str, int]:
    outlets = {charger.outlet.id: charger.outlet for charger in context.site.chargers.values()}
    cars = [plugged_car(one, outlets) for one in claimants]
    return schedule(context.site.limits, cars, _fixed(context), reserve_w=reserve_w)


def _claimants(context: SiteContext, sessions: Sequence[Session]) -> list[Claimant]:
    mean_mwh = mean_received(context.site, context.now_ms)
    return [_claimant(context, session, mean_mwh) for session in sessions]


def _claimant(context: SiteContext, session: Session, mean_mwh: int | None) -> Claimant:
    outlet = context.site.chargers[session.charger_id or ""].outlet
    fairness = recorded(score_of(context.site, context.observations, session, mean_mwh, context.now_ms))
    most_ma = min(outlet.max_ma, session.max_ma or outlet.max_ma)
    return Claimant(
        charger_id=outlet.id,
        tier=session.tier,
        fairness=fairness,
        weight_ppm=weight_of(context.site, context.observations, session, fairness, context.now_ms),
        min_ma=outlet.min_ma,
        max_ma=max(outlet.min_ma, min(most_ma, context.observations.usable_ma.get(outlet.id, most_ma))),
        running=session.state == "charging",
    )


def plugged_car(claimant: Claimant, outlets: Mapping[str, Outlet]) -> PluggedCar:
    """A car as the schedule rule needs it, from a recorded claimant."""
    return PluggedCar(
        charger_id=claimant.charger_id,
        outlet=outlets[claimant.charger_id],
        tier=claimant.tier,
        score_ppm=claimant.fairness.score_ppm,
        weight_ppm=claimant.weight_ppm,
        min_ma=claimant.min_ma,
        max_ma=claimant.max_ma,
        running=claimant.running,
    )


def _reserve_w(context: SiteContext) -> int:
    """The standing reserve for P0, less what is counted already for those of P0 who are about to start."""
    site = context.site
    starting = [one for one in site.sessions.values() if one.tier == EMERGENCY and not one.plugged()]
    used_w = sum(
        site.chargers[charger].outlet.power_w(site.fixed[charger])
        for charger in (session.charger_id for session in starting)
        if charger in site.chargers and charger in site.fixed
    )
    return max(0, site.priority_reserve_w - used_w)


def _fixed(context: SiteContext) -> dict[str, tuple[Outlet, int]]:
    """What chargers that targets can't lower are counted at."""
    outlets = {charger.outlet.id: charger.outlet for charger in context.site.chargers.values()}
    return {charger: (outlets[charger], ma) for charger, ma in context.site.fixed.items() if charger in outlets}


def _changes(context: SiteContext, found: dict[str, int]) -> list[tuple[str, int]]:
    """Targets that differ, in the order of the schedule (priority first); chargers without a claim go to 0."""
    before = context.site.targets
    ended = [(charger, 0) for charger in before if charger not in found]
    return ended + [(charger, ma) for charger, ma in found.items() if before.get(charger, 0) != ma]


def _is_worthwhile(context: SiteContext, changed: list[tuple[str, int]]) -> bool:
    before = context.site.targets
    return any(ma == 0 or abs(ma - before.get(charger, 0)) >= WORTHWHILE_MA for charger, ma in changed)


def _reason(found: dict[str, int]) -> str:
    paused = sum(1 for target_ma in found.values() if target_ma == 0)
    return f"{len(found)} cars share what the limits in force allow; {paused} paused"


def _pause_or_resume(context: SiteContext, session: Session, target_ma: int) -> None:
    if target_ma == 0 and session.state == "charging":
        reason = "too little capacity for 6 A each: the lowest fairness scores are paused first"
        context.add(SessionPaused(session_id=session.id, reason=reason))
    elif target_ma > 0 and session.state == "paused":
        context.add(SessionResumed(session_id=session.id))


def renew(context: SiteContext) -> None:
    """Renew the targets when half of their time is over."""
    half_over = context.site.targets_valid_until_ms - context.now_ms < VALID_MS // 2
    if context.site.targets and half_over:
        context.add(TargetsRenewed(valid_until_ms=context.now_ms + VALID_MS))
