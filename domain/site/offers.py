"""Offers: a free charger is held for the next car in the queue for a set time; accept, snooze, or lose it."""

from __future__ import annotations

from collections.abc import Sequence

from domain.records.sites import SessionAssigned, SessionOffered, SessionRequeued, SessionSnoozed, Standing
from domain.records.vehicles import AcceptRequested, SnoozeRequested
from domain.records.words import STATUS_WORDS
from domain.site.context import SiteContext
from domain.site.fair_share import mean_received, recorded, score_of
from domain.site.fairness import Score
from domain.site.queue import QueueEntry, choose_charger, rank, required_w
from domain.site.session import Session, check_transition
from domain.site.state import has_failed

RULE = "offers.next_in_queue.v1"
HOLD_MS = 5 * 60_000
PLUG_IN_MS = 15 * 60_000
SNOOZE_MS = 10 * 60_000


def offer_free_chargers(context: SiteContext) -> None:
    """Hold every free charger for a waiting session, in the order of the queue."""
    while (free := context.site.free_chargers()) and (waiting := context.site.waiting(context.now_ms)):
        order = standings(context, waiting)
        first = context.site.sessions[order[0].session_id]
        outlets = [charger.outlet for charger in free]
        charger_id = choose_charger(
            outlets,
            context.site.limits,
            context.site.busy_outlets(),
            required_w=required_w(first.need_wh, context.now_ms, first.depart_ms),
            most_ma=first.max_ma,
        )
        context.add(
            SessionOffered(
                session_id=first.id,
                charger_id=charger_id,
                held_until_ms=context.now_ms + HOLD_MS,
                rule=RULE,
                reason=f"first of {len(order)} in the queue: P{first.tier}, score {order[0].fairness.score_ppm} ppm",
                facts=order,
            )
        )


def standings(context: SiteContext, sessions: Sequence[Session]) -> tuple[Standing, ...]:
    """The standings of the waiting sessions, in the order of the queue."""
    return tuple(
        Standing(session_id=one.id, tier=one.tier, fairness=recorded(score), queued_ms=one.queued_ms)
        for one, score in ranked(context, sessions)
    )


def ranked(context: SiteContext, sessions: Sequence[Session]) -> list[tuple[QueueEntry, Score]]:
    """The waiting sessions, each with its score, in the order of the queue."""
    site, observations, now_ms = context.site, context.observations, context.now_ms
    mean_mwh = mean_received(site, now_ms)
    scores = {one.id: score_of(site, observations, one, mean_mwh, now_ms) for one in sessions}
    order = rank(QueueEntry(one.id, one.tier, scores[one.id].total_ppm, one.queued_ms) for one in sessions)
    return [(one, scores[one.id]) for one in order]


def entry_of(standing: Standing) -> QueueEntry:
    """What the ranking goes by."""
    return QueueEntry(standing.session_id, standing.tier, standing.fairness.score_ppm, standing.queued_ms)


def accept(context: SiteContext, event: AcceptRequested) -> None:
    """The driver accepts the offer and has time to plug in. Raises `DomainError` where there is none."""
    session = context.open_session(event.session_id)
    check_transition(session, "assigned", "accept an offer")
    context.add(
        SessionAssigned(
            session_id=session.id,
            charger_id=session.charger_id or "",
            plug_in_until_ms=context.now_ms + PLUG_IN_MS,
        )
    )


def snooze(context: SiteContext, event: SnoozeRequested) -> None:
    """The driver passes on this offer, at the same place in the queue; the next offer comes later.

    Raises `DomainError` where there is none.
    """
    session = context.open_session(event.session_id)
    check_transition(session, "queued", "be snoozed")
    until_ms = context.now_ms + SNOOZE_MS
    context.add(SessionSnoozed(session_id=session.id, charger_id=session.charger_id or "", until_ms=until_ms))


def withdraw_lost_offers(context: SiteContext) -> None:
    """A charger that failed can't be held any longer: its session waits again, at its old place."""
    for session in list(context.site.sessions.values()):
        if session.state not in ("offered", "assigned") or session.charger_id is None:
            continue
        charger = context.site.chargers[session.charger_id]
        if has_failed(charger):
            reason = STATUS_WORDS[charger.status] if charger.connected else "the charger is not connected"
            context.add(SessionRequeued(session_id=session.id, charger_id=session.charger_id, reason=reason))
