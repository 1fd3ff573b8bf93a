"""Admission: the answer to a token that is presented at a charger."""

from __future__ import annotations

from domain.records.load import PermitSought, TokenPresented
from domain.records.observations import Authorize
from domain.records.sites import StartDenied, StartRequested
from domain.site.context import SiteContext
from domain.site.state import SiteCharger, has_failed, is_usable

RULE = "admission.v1"


def admit(context: SiteContext, presented: TokenPresented | Authorize) -> None:
    """Let `load` find room for a start that the queue allows, or deny it with the reason.

    Earlier builds received the charger's `Authorize` itself.
    """
    request_id = context.given.correlationid
    outlets = _by_preference(context, presented)
    if not outlets:
        reason = "this charger does not belong to the site"
        context.add(StartDenied(charger_id=presented.charger_id, request_id=request_id, rule=RULE, reason=reason))
        return
    objections = [_objection(context, outlet, presented) for outlet in outlets]
    if all(objections):
        context.add(
            StartDenied(charger_id=outlets[0].outlet.id, request_id=request_id, rule=RULE, reason=objections[0] or "")
        )
        return
    context.add(
        StartRequested(
            charger_id=outlets[objections.index(None)].outlet.id,
            request_id=request_id,
            vehicle_id=presented.vehicle_id,
            token_ref=presented.token_ref,
        )
    )


def admit_running(context: SiteContext, sought: PermitSought) -> None:
    """Agree to a transaction that began without a permit, or deny it: by the same rules as its card."""
    charger, request_id = context.charger(sought.charger_id), context.given.correlationid
    reason = _objection_to(context, charger, sought.vehicle_id)
    if reason is not None:
        context.add(StartDenied(charger_id=sought.charger_id, request_id=request_id, rule=RULE, reason=reason))
        return
    context.add(
        StartRequested(
            charger_id=sought.charger_id,
            request_id=request_id,
            vehicle_id=sought.vehicle_id,
            token_ref=sought.token_ref,
        )
    )


def _by_preference(context: SiteContext, presented: TokenPresented | Authorize) -> list[SiteCharger]:
    """The outlets of the charger: first the driver's own, then one with a car plugged in, then one that is free.

    OCPP 1.6 does not say at which connector a card was presented.
    """

    def preference(charger: SiteCharger) -> tuple[bool, bool, bool, str]:
        is_own = _is_its_user(context, charger, presented)
        return not is_own, charger.status != "preparing", charger.transaction_id is not None, charger.outlet.id

    return sorted(context.site.outlets_of(presented.charger_id), key=preference)


def _objection(context: SiteContext, charger: SiteCharger, presented: TokenPresented | Authorize) -> str | None:
    if charger.transaction_id is not None:
        return None if _is_its_user(context, charger, presented) else "the charger is in use"
    own = context.site.session_of(presented.vehicle_id)
    if own is not None and own is context.site.session_at(charger.outlet.id) and own.interrupted:
        return f"the charger is {charger.status}" if has_failed(charger) else None  # many report Finishing
    if not is_usable(charger):
        return f"the charger is {charger.status}"
    return _objection_to(context, charger, presented.vehicle_id)


def _objection_to(context: SiteContext, charger: SiteCharger, vehicle_id: str | None) -> str | None:
    """Why the queue does not let this car charge there."""
    holder = context.site.session_at(charger.outlet.id)
    own = context.site.session_of(vehicle_id)
    if holder is not None and holder is own:
        return None
    if holder is not None:
        return "the charger is held for another car"
    if own is not None and own.charger_id is not None:
        return f"your charger is {own.charger_id}"
    if vehicle_id is None and not context.site.walk_ups:
        return "this site serves known cards only"
    if context.site.waiting(context.now_ms):
        return "others wait: ask for a session and you get a place in the queue"
    return None


def _is_its_user(context: SiteContext, charger: SiteCharger, presented: TokenPresented | Authorize) -> bool:
    """Whether the driver's session is there: the same card at a charger in use means to stop, which needs no room."""
    session = context.site.session_at(charger.outlet.id)
    return session is not None and presented.vehicle_id is not None and session.vehicle_id == presented.vehicle_id
