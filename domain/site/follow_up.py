"""The rules that every change at a site may call for, in their order."""

from __future__ import annotations

from domain.site import ending, eta_updates, offers, resumption, targets, tiers
from domain.site.context import SiteContext


def follow_up(context: SiteContext) -> None:
    """End what is over, offer what is free, divide the capacity again, resume what was interrupted, and announce."""
    tiers.lapse(context)
    ending.end_overdue(context)
    offers.withdraw_lost_offers(context)
    offers.offer_free_chargers(context)
    ending.ask_to_move(context)
    targets.plan(context)
    targets.renew(context)
    resumption.resume(context)
    eta_updates.expect(context)
