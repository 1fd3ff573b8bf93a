"""Admission: the answer to a token that is presented at a charger."""

from __future__ import annotations

from domain.records.observations import Authorize
from domain.records.sites import StartDenied, StartRequested
from domain.site.context import SiteContext
from domain.site.state import SiteCharger, is_usable

RULE = "admission.v1"


def admit(context: SiteContext, presented: Authorize) -> None:
    """Let `load` find room for a start that the queue allows, or deny it with the reason."""
    charger = context.site.chargers.get(presented.charger_id)
    request_id = context.given.correlationid
    reason = _objection(context, charger, presented)
    if reason is not None:
        context.add(StartDenied(charger_id=presented.charger_id, request_id=request_id, rule=RULE, reason=reason))
        return
    context.add(
        StartRequested(
            charger_id=presented.charger_id,
            request_id=request_id,
            vehicle_id=presented.vehicle_id,
            token_ref=presented.token_ref,
        )
    )


def _objection(context: SiteContext, charger: SiteCharger | None, presented: Authorize) -> str | None:
    site = context.site
    if charger is None:
        return "this charger does not belong to the site"
    if charger.transaction_id is not None:
        return None if _is_its_user(context, presented) else "the charger is in use"
    if not is_usable(charger):
        return f"the charger is {charger.status}"
    holder = site.session_at(presented.charger_id)
    own = site.session_of(presented.vehicle_id)
    if holder is not None and holder is own:
        return None
    if holder is not None:
        return "the charger is held for another car"
    if own is not None and own.charger_id is not None:
        return f"your charger is {own.charger_id}"
    if site.waiting(context.now_ms):
        return "others wait: ask for a session and you get a place in the queue"
    return None


def _is_its_user(context: SiteContext, presented: Authorize) -> bool:
    """The same card at a charger in use means to stop there, which needs no room."""
    session = context.site.session_at(presented.charger_id)
    return session is not None and presented.vehicle_id is not None and session.vehicle_id == presented.vehicle_id
