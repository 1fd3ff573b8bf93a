"""The end of sessions, and what becomes of their chargers then."""

from __future__ import annotations

from domain.records.observations import Metered
from domain.records.sites import (
    ChargerOccupied,
    ChargerReleased,
    EndReason,
    EndState,
    FairnessChanged,
    SessionEnded,
    SessionEnergyEstimated,
)
from domain.records.vehicles import CancelRequested
from domain.site.context import SiteContext
from domain.site.observations import metered_outlet
from domain.site.session import Session, check_transition

GRACE_MS = 5 * 60_000
"""How long after the announced departure a car may stay before its charger is asked for."""

FULL_MS = 60_000
"""How long a car must have drawn nothing of what it may before it counts as having stopped by itself."""
NEARLY_PERMILLE = 950
"""Need and meter are known to a few percent: a car that stops by itself this close to its target has reached it."""


def end(
    context: SiteContext,
    session: Session,
    state: EndState,
    reason: EndReason,
    energy_wh: int | None = None,
    estimated: bool | None = None,
    without_stop: str | None = None,
) -> None:
    """End a session. The charger of a car that is still plugged in stays occupied by it.

    `without_stop`: the transaction whose stop was lost, and may come later.
    """
    check_transition(session, state, f"be {state}")
    if energy_wh is None:
        energy_wh = context.observations.delivered_wh(session) if session.plugged() else 0
    if estimated is None:
        estimated = session.plugged() and not session.interrupted and context.observations.is_estimated(session)
    with_stops = session.before_estimated or (estimated and without_stop is None)
    context.add(
        SessionEnded(
            session_id=session.id,
            vehicle_id=session.vehicle_id,
            charger_id=session.charger_id,
            state=state,
            reason=reason,
            energy_wh=energy_wh or 0,
            estimated=estimated or context.site.is_before_estimated(session),
            transaction_id=without_stop,
            estimated_with_stops=with_stops,
            waited_ms=session.waited_until(context.now_ms),
        )
    )
    _remember_received(context, session)
    charger = context.site.chargers.get(session.charger_id or "")
    if charger is not None and charger.transaction_id is not None and session.plugged():
        wanted = context.site.somebody_waits()
        context.add(ChargerOccupied(session_id=session.id, charger_id=charger.outlet.id, wanted=wanted))
    context.urgent = True


def cancel(context: SiteContext, event: CancelRequested) -> None:
    """The driver ends the session. Raises `DomainError` where it is not open."""
    end(context, context.open_session(event.session_id), "cancelled", "cancelled")


def _remember_received(context: SiteContext, session: Session) -> None:
    congested_wh = context.observations.congested_wh.get(session.id, 0)
    if session.vehicle_id is not None and session.plugged():
        context.add(FairnessChanged(received=((session.vehicle_id, congested_wh),)))


def release(context: SiteContext, charger_id: str) -> None:
    """The car that occupied a charger has gone."""
    if context.site.chargers[charger_id].occupant is not None:
        context.add(ChargerReleased(charger_id=charger_id))


def ask_to_move(context: SiteContext) -> None:
    """Publish whether a charger is wanted whose car is done but still plugged in: somebody waits, or no longer does."""
    wanted = context.site.somebody_waits()
    for charger in list(context.site.chargers.values()):
        if charger.occupant is not None and charger.occupant_wanted != wanted:
            charger_id = charger.outlet.id
            context.add(ChargerOccupied(session_id=charger.occupant, charger_id=charger_id, wanted=wanted))


def metered(context: SiteContext, reading: Metered) -> None:
    """A reading of the session at an outlet. One of something else, or that is not believed, ends nothing."""
    charger = metered_outlet(context.site, context.observations, reading, context.now_ms)
    session = context.site.session_at(charger.outlet.id) if charger is not None else None
    if charger is None or session is None or not session.plugged():
        return
    estimated = context.observations.is_estimated(session)
    if estimated != session.estimated:
        context.add(SessionEnergyEstimated(session_id=session.id, estimated=estimated))
    _end_satisfied(context, session, charger.outlet.id)


def _end_satisfied(context: SiteContext, session: Session, outlet: str) -> None:
    """A session is complete once its energy has arrived, or when the car draws no more and little is left."""
    if session.need_wh is None:
        return
    delivered_wh = context.observations.delivered_wh(session)
    if delivered_wh is None:
        return
    full = _takes_no_more(context, outlet) and delivered_wh * 1000 >= session.need_wh * NEARLY_PERMILLE
    if full or delivered_wh >= session.need_wh:
        end(context, session, "completed", "target_reached")


def _takes_no_more(context: SiteContext, charger_id: str) -> bool:
    since_ms = context.observations.takes_no_more_since_ms(charger_id)
    return since_ms is not None and context.now_ms - since_ms >= FULL_MS


def end_overdue(context: SiteContext) -> None:
    """End the sessions that are overdue: past their departure, not plugged in, or staying while others wait."""
    now_ms = context.now_ms
    for session in list(context.site.sessions.values()):
        overdue = session.depart_ms is not None and session.depart_ms <= now_ms
        if session.state in ("offered", "assigned") and session.until_ms <= now_ms:
            end(context, session, "expired", "no_show")
        elif session.state in ("queued", "offered") and overdue:
            end(context, session, "expired", "time_up")
        elif session.plugged() and _outstays(context, session):
            end(context, session, "completed", "time_up")


def _outstays(context: SiteContext, session: Session) -> bool:
    if session.depart_ms is None or session.depart_ms + GRACE_MS > context.now_ms:
        return False
    return context.site.somebody_waits()
