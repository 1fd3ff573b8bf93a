"""Transactions as the site sees them: a start makes a session charge, a stop ends it and frees the charger."""

from __future__ import annotations

from domain.electrical.outlet_id import evse_of
from domain.records import derived_id
from domain.records.load import (
    TransactionPermitted,
    TransactionStarted,
    TransactionStopCorrected,
    TransactionStopped,
)
from domain.records.sites import (
    EndReason,
    EndState,
    SessionCharging,
    SessionEnergyCorrected,
    SessionInterrupted,
    SessionQueued,
    SessionRequeued,
    TransactionKnown,
)
from domain.records.words import ENDED_WITHOUT_STOP
from domain.site import resumption
from domain.site.context import SiteContext
from domain.site.ending import end, release
from domain.site.interruption import interruption
from domain.site.session import EVERYONE, Session
from domain.site.state import BegunTransaction

FAULTS = frozenset(
    (
        "emergency_stop",
        "power_loss",
        "power_quality",
        "ground_fault",
        "overcurrent_fault",
        "hard_reset",
        "soft_reset",
        "immediate_reset",
        "reboot",
    )
)
"""Reasons of a stop that are the charger's doing."""


def started(context: SiteContext, event: TransactionStarted) -> None:
    """Begin to charge: the car that the outlet is held for, or a walk-up.

    A start on a connector that was never registered is no session's: `load` counts and reports it.
    """
    context.charger(event.charger_id)
    if event.duplicate_of is not None or event.evse_id != evse_of(event.charger_id):
        return
    release(context, event.charger_id)
    permitted = event.permitted or event.commissioning
    context.add(
        TransactionKnown(
            charger_id=event.charger_id,
            transaction_id=event.transaction_id,
            permitted=permitted,
            vehicle_id=event.vehicle_id,
            meter_start_wh=event.meter_start_wh,
            token_ref=event.token_ref,
        )
    )
    context.urgent = True
    if permitted and not event.commissioning:
        begun = BegunTransaction(event.transaction_id, event.vehicle_id, event.meter_start_wh, event.token_ref)
        _begin(context, event.charger_id, begun)


def permitted(context: SiteContext, event: TransactionPermitted) -> None:
    """Room for a start: of a transaction that began without one, which now serves a session, or of a resumption."""
    waiting = context.charger(event.charger_id).unpermitted
    if waiting is None:
        return resumption.start(context, event)
    context.add(TransactionKnown(charger_id=event.charger_id, transaction_id=waiting.transaction_id))
    context.urgent = True
    return _begin(context, event.charger_id, waiting)


def _begin(context: SiteContext, charger_id: str, begun: BegunTransaction) -> None:
    holder = context.site.session_at(charger_id)
    own = context.site.session_for(charger_id, begun.vehicle_id, begun.token_ref)
    if own is not None and own.plugged() and not _is_continued(own, charger_id):
        own = None
    if holder is not None and holder is not own:
        _displace(context, holder, charger_id)
    session = own or _walk_up(context, charger_id, begun.vehicle_id)
    context.add(
        SessionCharging(
            session_id=session.id,
            charger_id=charger_id,
            transaction_id=begun.transaction_id,
            meter_start_wh=begun.meter_start_wh,
            token_ref=begun.token_ref,
        )
    )


def _displace(context: SiteContext, holder: Session, charger_id: str) -> None:
    """Another car started where the outlet was held, or where the holder's car was plugged in and so has left."""
    if holder.interrupted:
        end(context, holder, "completed", "unplugged")
    else:
        reason = "another car started there"
        context.add(SessionRequeued(session_id=holder.id, charger_id=charger_id, reason=reason))


def _is_continued(session: Session, charger_id: str) -> bool:
    """Whether the start goes on with a session whose last transaction ended while its car stayed plugged in."""
    return session.interrupted and session.charger_id == charger_id


def _walk_up(context: SiteContext, charger_id: str, vehicle_id: str | None) -> Session:
    """A session for a car that came without a request: P2, for as long as it stays."""
    session_id = derived_id(context.given.id, "walk-up")
    known = context.site.session_of(vehicle_id) is None
    context.add(
        SessionQueued(
            session_id=session_id,
            vehicle_id=vehicle_id if known else None,
            site_id=context.site.id,
            tier=EVERYONE,
            need_wh=None,
            target_permille=None,
            depart_ms=None,
            max_ma=None,
            phases=len(context.site.chargers[charger_id].outlet.phases),
            walk_up=True,
        )
    )
    return context.site.sessions[session_id]


def stopped(context: SiteContext, event: TransactionStopped) -> None:
    """End the session that the transaction served, unless it is over already. Another transaction ends nothing."""
    if context.charger(event.charger_id).transaction_id != event.transaction_id:
        return
    session = context.site.session_at(event.charger_id)
    if session is not None and session.plugged():
        _end_or_interrupt(context, session, event)
    context.add(TransactionKnown(charger_id=event.charger_id, transaction_id=None))
    release(context, event.charger_id)
    context.urgent = True


def _end_or_interrupt(context: SiteContext, session: Session, event: TransactionStopped) -> None:
    energy_wh = session.before_wh + event.energy_wh
    without_stop = event.transaction_id if event.reason in ENDED_WITHOUT_STOP else None
    reached = session.need_wh is not None and energy_wh >= session.need_wh
    why = None if reached else interruption(context.site.chargers[event.charger_id], session, event, context.now_ms)
    if why is not None:
        context.add(
            SessionInterrupted(
                session_id=session.id,
                charger_id=event.charger_id,
                energy_wh=energy_wh,
                estimated=event.estimated,
                reason=why,
                transaction_id=without_stop,
            )
        )
        return
    state, reason = _outcome(event, reached=reached)
    end(context, session, state, reason, energy_wh, event.estimated, without_stop)


def _outcome(event: TransactionStopped, *, reached: bool) -> tuple[EndState, EndReason]:
    if reached:
        return "completed", "target_reached"
    if event.reason in FAULTS:
        return "failed", "fault"
    if event.reason == "remote":
        return "completed", "remote"
    if event.reason == "closed_by_operator":
        return "completed", "operator"
    return "completed", "stop_lost" if event.reason in ENDED_WITHOUT_STOP else "unplugged"


def corrected(context: SiteContext, event: TransactionStopCorrected) -> None:
    """A stop that came late corrects the energy of the session, over or not, whose transaction had ended without it."""
    known = context.site.without_stop.get(event.transaction_id)
    if known is None:
        return
    is_open = known.total_wh is None
    before_wh = context.site.sessions[known.session_id].before_wh if known.total_wh is None else known.total_wh
    others = [one for key, one in context.site.without_stop.items() if key != event.transaction_id]
    awaited = any(one.estimated for one in others if one.session_id == known.session_id)
    context.add(
        SessionEnergyCorrected(
            session_id=known.session_id,
            energy_wh=before_wh + event.energy_wh - known.energy_wh,
            estimated=event.estimated or (not is_open and (known.rest_estimated or awaited)),
            transaction_id=event.transaction_id,
            open=is_open,
        )
    )
