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
from domain.site.context import SiteContext
from domain.site.ending import end, release
from domain.site.interruption import interruption
from domain.site.session import EVERYONE, Session

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
        )
    )
    context.urgent = True
    if permitted and not event.commissioning:
        _begin(context, event.charger_id, event.transaction_id, event.vehicle_id, event.meter_start_wh)


def permitted(context: SiteContext, event: TransactionPermitted) -> None:
    """A transaction that began without a permit may go on: now it serves a session."""
    waiting = context.charger(event.charger_id).unpermitted
    if waiting is None:
        return
    context.add(TransactionKnown(charger_id=event.charger_id, transaction_id=waiting.transaction_id))
    context.urgent = True
    _begin(context, event.charger_id, waiting.transaction_id, waiting.vehicle_id, waiting.meter_start_wh)


def _begin(
    context: SiteContext, charger_id: str, transaction_id: str, vehicle_id: str | None, meter_start_wh: int
) -> None:
    holder = context.site.session_at(charger_id)
    own = context.site.session_of(vehicle_id)
    if own is not None and own.plugged() and not _is_continued(own, charger_id):
        own = None
    if holder is not None and holder is not own:
        _displace(context, holder, charger_id)
    session = own or _walk_up(context, charger_id, vehicle_id)
    context.add(
        SessionCharging(
            session_id=session.id,
            charger_id=charger_id,
            transaction_id=transaction_id,
            meter_start_wh=meter_start_wh,
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
            )
        )
        return
    state, reason = _outcome(event, reached=reached)
    without_stop = event.transaction_id if event.reason in ENDED_WITHOUT_STOP else None
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
    """A stop that came late corrects the energy of the session that had ended without it."""
    known = context.site.without_stop.get(str(event.transaction_id))
    if known is not None:
        session_id, before_wh = known
        context.add(
            SessionEnergyCorrected(
                session_id=session_id, energy_wh=before_wh + event.energy_wh, estimated=event.estimated
            )
        )
