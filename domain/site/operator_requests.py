"""What operators request of an outlet: end its session, or release it."""

from __future__ import annotations

from domain.errors import DomainError
from domain.records.sites import EndSession, ReleaseOutlet, SessionRequeued
from domain.site.context import SiteContext
from domain.site.ending import end, release

RULE = "site.operator_requests.v1"


def end_session(context: SiteContext, command: EndSession) -> None:
    """End the session of an outlet. A car that is plugged in there gets no current for it any more.

    Raises `DomainError` where there is none, or another one by now.
    """
    charger = context.charger(command.charger_id)
    session = context.site.session_at(charger.outlet.id)
    if session is None or command.session_id not in (None, session.id):
        which = "no session" if command.session_id is None else "no such session"
        raise DomainError(f"{which} has this outlet", field="session_id", rule=RULE)
    end(context, session, "completed" if session.plugged() else "cancelled", "operator")


def release_outlet(context: SiteContext, command: ReleaseOutlet) -> None:
    """Free an outlet that is held or occupied. Raises `DomainError` where it is neither, or a car charges there."""
    charger = context.charger(command.charger_id)
    session = context.site.session_at(charger.outlet.id)
    if session is not None and session.plugged():
        raise DomainError("a car is charging there: end its session", field="charger_id", rule=RULE)
    if session is None and charger.occupant is None:
        raise DomainError("the outlet is held for nobody", field="charger_id", rule=RULE)
    release(context, charger.outlet.id)
    if session is not None:
        reason = "an operator released the charger"
        context.add(SessionRequeued(session_id=session.id, charger_id=charger.outlet.id, reason=reason))
