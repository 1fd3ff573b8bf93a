"""Transactions as the site sees them: a start makes a session charge, a stop ends it and frees the charger."""

from __future__ import annotations

from domain.records import derived_id
from domain.records.load import TransactionStarted, TransactionStopped
from domain.records.sites import EndReason, EndState, SessionCharging, SessionQueued, SessionRequeued, TransactionKnown
from domain.site.context import Deciding
from domain.site.ending import end, release
from domain.site.session import EVERYONE, Session

FAULTS = frozenset({"EmergencyStop", "PowerLoss", "HardReset", "SoftReset", "Reboot"})
"""Reasons of OCPP 1.6 StopTransaction that are the charger's doing."""


def started(deciding: Deciding, told: TransactionStarted, input_id: str) -> None:
    """Energy may flow: for the car whose charger this is, or for a walk-up."""
    if told.duplicate_of is not None:
        return
    release(deciding, told.charger_id)
    deciding.add(TransactionKnown(charger_id=told.charger_id, transaction_id=told.transaction_id))
    deciding.urgent = True
    if told.commissioning:
        return
    holder = deciding.site.session_at(told.charger_id)
    own = deciding.site.session_of(told.vehicle_id)
    if own is not None and own.plugged():
        own = None
    if holder is not None and holder is not own:
        reason = "another car started there"
        deciding.add(SessionRequeued(session_id=holder.id, charger_id=told.charger_id, reason=reason))
    session = own or _walk_up(deciding, told, input_id)
    deciding.add(
        SessionCharging(
            session_id=session.id,
            charger_id=told.charger_id,
            transaction_id=told.transaction_id,
            meter_start_wh=told.meter_start_wh,
        )
    )


def _walk_up(deciding: Deciding, told: TransactionStarted, input_id: str) -> Session:
    """Somebody who came without asking is served as P2, for as long as she stays."""
    session_id = derived_id(input_id, "walk-up")
    known = deciding.site.session_of(told.vehicle_id) is None
    deciding.add(
        SessionQueued(
            session_id=session_id,
            vehicle_id=told.vehicle_id if known else None,
            site_id=deciding.site.id,
            tier=EVERYONE,
            need_wh=None,
            target_permille=None,
            depart_ms=None,
            max_ma=None,
            phases=len(deciding.site.chargers[told.charger_id].outlet.phases),
            walk_up=True,
        )
    )
    return deciding.site.sessions[session_id]


def stopped(deciding: Deciding, told: TransactionStopped) -> None:
    """The transaction is over: so is the session it served, if it was not over before."""
    session = deciding.site.session_at(told.charger_id)
    if session is not None and session.plugged():
        state, reason = _outcome(session, told)
        end(deciding, session, state, reason, told.energy_wh)
    deciding.add(TransactionKnown(charger_id=told.charger_id, transaction_id=None))
    release(deciding, told.charger_id)
    deciding.urgent = True


def _outcome(session: Session, told: TransactionStopped) -> tuple[EndState, EndReason]:
    if session.need_wh is not None and told.energy_wh >= session.need_wh:
        return "completed", "target_reached"
    if told.reason in FAULTS:
        return "failed", "fault"
    if told.reason == "Remote":
        return "completed", "remote"
    return "completed", "unplugged"
