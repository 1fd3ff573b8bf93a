"""How sessions end, and what becomes of the charger then."""

from __future__ import annotations

from domain.records.sites import ChargerOccupied, ChargerReleased, EndReason, EndState, FairnessChanged, SessionEnded
from domain.site.context import Deciding
from domain.site.session import Session, check_transition

GRACE_MS = 5 * 60_000
"""How long after the announced departure a car may stay before its charger is asked for."""

FULL_MS = 60_000
"""How long a car must have drawn nothing of what it may before it is taken to have stopped by itself."""
NEARLY_PERMILLE = 950
"""Need and meter are known to a few percent: a car that stops by itself this close to its target has reached it."""


def end(deciding: Deciding, session: Session, state: EndState, reason: EndReason, energy_wh: int | None = None) -> None:
    """End a session. The charger of a car that is still plugged in stays occupied by it."""
    check_transition(session, state, f"be {state}")
    if energy_wh is None:
        energy_wh = deciding.sensed.delivered_wh(session) if session.plugged() else 0
    deciding.add(
        SessionEnded(
            session_id=session.id,
            vehicle_id=session.vehicle_id,
            charger_id=session.charger_id,
            state=state,
            reason=reason,
            energy_wh=energy_wh or 0,
            waited_ms=session.waited_until(deciding.now_ms),
        )
    )
    _remember_received(deciding, session)
    charger = deciding.site.chargers.get(session.charger_id or "")
    if charger is not None and charger.transaction_id is not None and session.plugged():
        wanted = deciding.site.somebody_waits()
        deciding.add(ChargerOccupied(session_id=session.id, charger_id=charger.outlet.id, wanted=wanted))
    deciding.urgent = True


def _remember_received(deciding: Deciding, session: Session) -> None:
    congested_wh = deciding.sensed.congested_wh.get(session.id, 0)
    if session.vehicle_id is not None and session.plugged():
        deciding.add(FairnessChanged(received=((session.vehicle_id, congested_wh),)))


def release(deciding: Deciding, charger_id: str) -> None:
    """The car that occupied a charger has gone."""
    if deciding.site.chargers[charger_id].occupant is not None:
        deciding.add(ChargerReleased(charger_id=charger_id))


def ask_to_move(deciding: Deciding) -> None:
    """Tell those who are done but still plugged in that somebody waits (or no longer does)."""
    wanted = deciding.site.somebody_waits()
    for charger in list(deciding.site.chargers.values()):
        if charger.occupant is not None and charger.occupant_wanted != wanted:
            told = ChargerOccupied(session_id=charger.occupant, charger_id=charger.outlet.id, wanted=wanted)
            deciding.add(told)


def end_satisfied(deciding: Deciding, charger_id: str) -> None:
    """A session is complete once its energy has arrived, or when the car takes no more of the little that is left."""
    session = deciding.site.session_at(charger_id)
    if session is None or not session.plugged() or session.need_wh is None:
        return
    delivered_wh = deciding.sensed.delivered_wh(session)
    if delivered_wh is None:
        return
    full = _takes_no_more(deciding, charger_id) and delivered_wh * 1000 >= session.need_wh * NEARLY_PERMILLE
    if full or delivered_wh >= session.need_wh:
        end(deciding, session, "completed", "target_reached", delivered_wh)


def _takes_no_more(deciding: Deciding, charger_id: str) -> bool:
    since_ms = deciding.sensed.takes_no_more_since_ms(charger_id)
    return since_ms is not None and deciding.now_ms - since_ms >= FULL_MS


def end_overdue(deciding: Deciding) -> None:
    """Time is up: for those who wait past their departure, those who did not come, those who stay while others wait."""
    now_ms = deciding.now_ms
    for session in list(deciding.site.sessions.values()):
        overdue = session.depart_ms is not None and session.depart_ms <= now_ms
        if session.state in ("offered", "assigned") and session.until_ms <= now_ms:
            end(deciding, session, "expired", "no_show")
        elif session.state in ("queued", "offered") and overdue:
            end(deciding, session, "expired", "time_up")
        elif session.plugged() and _outstays(deciding, session):
            end(deciding, session, "completed", "time_up")


def _outstays(deciding: Deciding, session: Session) -> bool:
    if session.depart_ms is None or session.depart_ms + GRACE_MS > deciding.now_ms:
        return False
    return deciding.site.somebody_waits()
