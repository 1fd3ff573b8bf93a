"""Transactions as the site sees them: a start makes a session charge, a stop ends it and frees the charger."""

from __future__ import annotations

from domain.records import derived_id
from domain.records.load import TransactionStarted, TransactionStopped
from domain.records.sites import EndReason, EndState, SessionCharging, SessionQueued, SessionRequeued, TransactionKnown
from domain.site.context import SiteContext
from domain.site.ending import end, release
from domain.site.session import EVERYONE, Session

FAULTS = frozenset({"EmergencyStop", "PowerLoss", "HardReset", "SoftReset", "Reboot"})
"""Reasons of OCPP 1.6 StopTransaction that are the charger's doing."""


def started(context: SiteContext, told: TransactionStarted) -> None:
    """Energy may flow: for the car whose charger this is, or for a walk-up."""
    context.charger(told.charger_id)
    if told.duplicate_of is not None:
        return
    release(context, told.charger_id)
    context.add(TransactionKnown(charger_id=told.charger_id, transaction_id=told.transaction_id))
    context.urgent = True
    if told.commissioning:
        return
    holder = context.site.session_at(told.charger_id)
    own = context.site.session_of(told.vehicle_id)
    if own is not None and own.plugged():
        own = None
    if holder is not None and holder is not own:
        reason = "another car started there"
        context.add(SessionRequeued(session_id=holder.id, charger_id=told.charger_id, reason=reason))
    session = own or _walk_up(context, told)
    context.add(
        SessionCharging(
            session_id=session.id,
            charger_id=told.charger_id,
            transaction_id=told.transaction_id,
            meter_start_wh=told.meter_start_wh,
        )
    )


def _walk_up(context: SiteContext, told: TransactionStarted) -> Session:
    """Somebody who came without asking is served as P2, for as long as she stays."""
    session_id = derived_id(context.given.id, "walk-up")
    known = context.site.session_of(told.vehicle_id) is None
    context.add(
        SessionQueued(
            session_id=session_id,
            vehicle_id=told.vehicle_id if known else None,
            site_id=context.site.id,
            tier=EVERYONE,
            need_wh=None,
            target_permille=None,
            depart_ms=None,
            max_ma=None,
            phases=len(context.site.chargers[told.charger_id].outlet.phases),
            walk_up=True,
        )
    )
    return context.site.sessions[session_id]


def stopped(context: SiteContext, told: TransactionStopped) -> None:
    """The transaction is over: so is the session it served, if it was not over before."""
    context.charger(told.charger_id)
    session = context.site.session_at(told.charger_id)
    if session is not None and session.plugged():
        state, reason = _outcome(session, told)
        end(context, session, state, reason, told.energy_wh)
    context.add(TransactionKnown(charger_id=told.charger_id, transaction_id=None))
    release(context, told.charger_id)
    context.urgent = True


def _outcome(session: Session, told: TransactionStopped) -> tuple[EndState, EndReason]:
    if session.need_wh is not None and told.energy_wh >= session.need_wh:
        return "completed", "target_reached"
    if told.reason in FAULTS:
        return "failed", "fault"
    if told.reason == "Remote":
        return "completed", "remote"
    return "completed", "unplugged"
