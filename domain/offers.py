"""Offers: a free charger is held for the next car in the queue for a set time; accept, snooze, or lose it."""

from __future__ import annotations

from collections.abc import Iterable

from domain.deciding import Deciding
from domain.fair_share import fairness_of, mean_received
from domain.queue import Waiting, choose_charger, rank, required_w
from domain.records.sessions import SessionAssigned, SessionOffered, SessionRequeued, SessionSnoozed, Standing
from domain.session import Session, check_transition
from domain.site import has_failed

RULE = "offers.next_in_queue.v1"
HOLD_MS = 5 * 60_000
PLUG_IN_MS = 15 * 60_000
SNOOZE_MS = 10 * 60_000


def offer_free_chargers(deciding: Deciding) -> None:
    """Hold every free charger for somebody who waits, in the order of the queue."""
    while (free := deciding.site.free_chargers()) and (waiting := deciding.site.waiting(deciding.now_ms)):
        order = standings(deciding, waiting)
        first = deciding.site.sessions[order[0].session_id]
        outlets = [charger.outlet for charger in free]
        charger_id = choose_charger(
            outlets,
            deciding.site.limits,
            deciding.site.busy_outlets(),
            required_w=required_w(first.need_wh, deciding.now_ms, first.depart_ms),
            most_ma=first.max_ma,
        )
        deciding.add(
            SessionOffered(
                session_id=first.id,
                charger_id=charger_id,
                held_until_ms=deciding.now_ms + HOLD_MS,
                rule=RULE,
                reason=f"first of {len(order)} in the queue: P{first.tier}, score {order[0].fairness.score_ppm} ppm",
                facts=order,
            )
        )


def standings(deciding: Deciding, sessions: Iterable[Session]) -> tuple[Standing, ...]:
    """How those who wait stand, in the order of the queue."""
    mean_mwh = mean_received(deciding.site, deciding.now_ms)
    standing = {session.id: _standing(deciding, session, mean_mwh) for session in sessions}
    return tuple(standing[one.id] for one in rank(map(waiting_of, standing.values())))


def waiting_of(standing: Standing) -> Waiting:
    """What the ranking goes by."""
    return Waiting(standing.session_id, standing.tier, standing.fairness.score_ppm, standing.queued_ms)


def _standing(deciding: Deciding, session: Session, mean_mwh: int | None) -> Standing:
    fairness = fairness_of(deciding.site, deciding.sensed, session, mean_mwh, deciding.now_ms)
    return Standing(session_id=session.id, tier=session.tier, fairness=fairness, queued_ms=session.queued_ms)


def accept(deciding: Deciding, session: Session) -> None:
    """The driver takes the offer and has time to plug in."""
    check_transition(session, "assigned", "accept an offer")
    deciding.add(
        SessionAssigned(
            session_id=session.id,
            charger_id=session.charger_id or "",
            plug_in_until_ms=deciding.now_ms + PLUG_IN_MS,
        )
    )


def snooze(deciding: Deciding, session: Session) -> None:
    """The driver lets this offer pass and keeps her place; she is asked again later."""
    check_transition(session, "queued", "be snoozed")
    until_ms = deciding.now_ms + SNOOZE_MS
    deciding.add(SessionSnoozed(session_id=session.id, charger_id=session.charger_id or "", until_ms=until_ms))


def withdraw_lost_offers(deciding: Deciding) -> None:
    """A charger that failed can't be held any longer: its session waits again, at its old place."""
    for session in list(deciding.site.sessions.values()):
        if session.state not in ("offered", "assigned") or session.charger_id is None:
            continue
        charger = deciding.site.chargers[session.charger_id]
        if has_failed(charger):
            told = f"charger {charger.status}" if charger.connected else "charger not connected"
            lost = SessionRequeued(session_id=session.id, charger_id=session.charger_id, reason=told)
            deciding.add(lost)
