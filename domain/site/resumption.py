"""The resumption of interrupted sessions: once there is current again, their chargers are asked to start a transaction.

A start needs room like any other, and that of others is made by `load`. The charger starts with the token of the
session's last transaction, at a bounded pace; the transaction that follows continues the session. Where none follows
within minutes, the driver is notified: their card still starts it.

So it is at once where another card was presented there in vain since the interruption: while the charger had no power,
nobody may have seen its car leave, and another car must not charge in its name.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.records import derived_id
from domain.records.load import TokenPresented, TransactionPermitted
from domain.records.observations import Authorize
from domain.records.sites import ResumeFailed, ResumeRequested, ResumeWithheld, StartRequested
from domain.site import targets
from domain.site.context import SiteContext
from domain.site.session import Interruption, Session
from domain.site.state import SiteCharger, has_failed

SETTLING_MS = 30_000
"""How long after an interruption it is left to its charger, which may still end the transaction or begin anew."""
ATTEMPT_MS = 2 * 60_000
"""How long an attempt may take: the room for a start is reserved for a minute, and its report may be as late again."""
ATTEMPTS = 3
"""After so many without a start the driver is notified."""
PATIENT_MS = 30 * 60_000
"""How often it is attempted after that. Each time others make room, so not often."""


def resume(context: SiteContext) -> None:
    """Ask for room for the interrupted sessions for which there is current, each at its pace."""
    due = [one for one in context.site.sessions.values() if one.interruption and _is_due(context, one.interruption)]
    startable = [one for one in due if _is_startable(context, one)]
    if not startable:
        return
    expected = targets.expected(context, [*targets.with_transaction(context), *startable])
    for session in startable:
        if expected.get(session.charger_id or "", 0) > 0:
            _attempt(context, session)


def _is_due(context: SiteContext, interruption: Interruption) -> bool:
    if interruption.withheld:
        return False
    pause_ms = ATTEMPT_MS if interruption.attempts else SETTLING_MS
    return context.now_ms >= interruption.since_ms + (PATIENT_MS if interruption.failed else pause_ms)


def _is_startable(context: SiteContext, session: Session) -> bool:
    charger = context.site.chargers[session.charger_id or ""]
    return charger.transaction_id is None and not has_failed(charger)


def _attempt(context: SiteContext, session: Session) -> None:
    assert session.interruption is not None
    if not session.token_ref:
        return _fail(context, session, "its card is not known any more")
    if session.interruption.attempts >= ATTEMPTS and not session.interruption.failed:
        return _fail(context, session, "the charger did not start it by itself")
    context.add(
        StartRequested(
            charger_id=session.charger_id or "",
            request_id=derived_id(context.given.id, "resume", session.id),
            vehicle_id=session.vehicle_id,
            token_ref=session.token_ref,
            resumes=session.id,
        )
    )
    return None


def _fail(context: SiteContext, session: Session, reason: str) -> None:
    assert session.interruption is not None
    if not session.interruption.failed:
        context.add(ResumeFailed(session_id=session.id, charger_id=session.charger_id or "", reason=reason))


def start(context: SiteContext, event: TransactionPermitted) -> None:
    """There is room for a start: where it was asked for to resume a session, its charger may be asked to start now."""
    session = context.site.session_at(event.charger_id)
    if session is None or session.interruption is None or session.interruption.request_id != event.request_id:
        return
    context.add(
        ResumeRequested(
            session_id=session.id,
            charger_id=event.charger_id,
            request_id=event.request_id,
            token_ref=session.token_ref,
            expires_ms=event.expires_ms,
        )
    )


def withhold(context: SiteContext, outlets: Sequence[SiteCharger], presented: TokenPresented | Authorize) -> None:
    """Leave the interrupted sessions of a charger to their own cards, where another card was denied there.

    OCPP 1.6 does not say at which connector a card was presented: so it may have been at any.
    """
    for outlet in outlets:
        session = context.site.session_at(outlet.outlet.id)
        if session is None or session.interruption is None or session.interruption.withheld:
            continue
        if session is not context.site.session_for(outlet.outlet.id, presented.vehicle_id, presented.token_ref):
            reason = "another card was presented there while it was paused"
            context.add(ResumeWithheld(session_id=session.id, charger_id=outlet.outlet.id, reason=reason))
