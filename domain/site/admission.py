"""Admission: the answer to a token that is presented at a charger."""

from __future__ import annotations

from dataclasses import dataclass

from domain.records.load import PermitSought, TokenPresented
from domain.records.observations import Authorize, CardState
from domain.records.sites import Denial, StartDenied, StartRequested
from domain.records.words import STATUS_WORDS
from domain.site.context import SiteContext
from domain.site.resumption import withhold
from domain.site.state import SiteCharger, has_failed, is_usable

RULE = "admission.v1"
DENIALS: dict[CardState, Denial] = {"blocked": "blocked_card", "expired": "expired_card"}


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a start is denied."""

    reason: str
    denial: Denial = "refused"


def admit(context: SiteContext, presented: TokenPresented | Authorize) -> None:
    """Let `load` find room for a start that the queue allows, or deny it with the reason.

    Earlier builds received the charger's `Authorize` itself.
    """
    outlets = _by_preference(context, presented)
    if not outlets:
        return _deny(context, presented.charger_id, Objection("this charger does not belong to the site"))
    objections = [_objection(context, outlet, presented) for outlet in outlets]
    admitted = [outlet for outlet, objection in zip(outlets, objections, strict=True) if objection is None]
    if not admitted:
        assert objections[0] is not None
        withhold(context, outlets, presented)
        return _deny(context, outlets[0].outlet.id, objections[0])
    return _request(context, admitted[0].outlet.id, presented)


def admit_running(context: SiteContext, sought: PermitSought) -> None:
    """Agree to a transaction that began without a permit, or deny it: by the same rules as its card."""
    charger = context.charger(sought.charger_id)
    objection = _objection_to(context, charger, sought)
    if objection is not None:
        return _deny(context, charger.outlet.id, objection)
    return _request(context, charger.outlet.id, sought)


def _request(context: SiteContext, outlet: str, presented: TokenPresented | Authorize | PermitSought) -> None:
    context.add(
        StartRequested(
            charger_id=outlet,
            request_id=context.given.correlationid,
            vehicle_id=presented.vehicle_id,
            token_ref=presented.token_ref,
        )
    )


def _deny(context: SiteContext, outlet: str, objection: Objection) -> None:
    context.add(
        StartDenied(
            charger_id=outlet,
            request_id=context.given.correlationid,
            denial=objection.denial,
            rule=RULE,
            reason=objection.reason,
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


def _objection(context: SiteContext, charger: SiteCharger, presented: TokenPresented | Authorize) -> Objection | None:
    is_its_user = _is_its_user(context, charger, presented)
    if charger.transaction_id is not None and is_its_user:
        return None
    if presented.card != "valid":
        return _of_card(presented.card)
    if charger.transaction_id is not None:
        return Objection("the charger is in use")
    if has_failed(charger) if is_its_user else not _can_start(charger):
        return Objection(STATUS_WORDS[charger.status] if charger.connected else "the charger is not connected")
    return _objection_to(context, charger, presented)


def _can_start(charger: SiteCharger) -> bool:
    """Whether it may start for a driver who stands there, whose car may still be plugged in from before (Finishing)."""
    return is_usable(charger) or (charger.connected and charger.status == "finishing")


def _objection_to(
    context: SiteContext, charger: SiteCharger, presented: TokenPresented | Authorize | PermitSought
) -> Objection | None:
    """Why the driver's card, or the queue, does not let this car charge there."""
    if presented.card != "valid":
        return _of_card(presented.card)
    holder = context.site.session_at(charger.outlet.id)
    own = context.site.session_for(charger.outlet.id, presented.vehicle_id, presented.token_ref)
    if holder is not None and holder is own:
        return None
    if holder is not None:
        return Objection("the charger is held for another car")
    if own is not None and own.charger_id is not None:
        return Objection(f"your charger is {own.charger_id}")
    if presented.vehicle_id is None and not context.site.walk_ups:
        return Objection("this site serves known cards only", "unknown_card")
    if context.site.waiting(context.now_ms):
        return Objection("others wait: ask for a session and you get a place in the queue")
    return None


def _of_card(card: CardState) -> Objection:
    return Objection(f"this card is {card}", DENIALS[card])


def _is_its_user(context: SiteContext, charger: SiteCharger, presented: TokenPresented | Authorize) -> bool:
    """Whether the driver's session is there: the same card at a charger in use means to stop, which needs no room.

    That a card was blocked meanwhile does not keep its car from ending.
    """
    session = context.site.session_at(charger.outlet.id)
    own = context.site.session_for(charger.outlet.id, presented.vehicle_id, presented.token_ref)
    return session is not None and session is own
