"""Tiers of a site's sessions: they come with a grant, go with its end, and never outlast it."""

from __future__ import annotations

from domain.records.sites import SessionTierChanged
from domain.records.vehicles import PriorityExpired, PriorityGranted
from domain.site.context import SiteContext
from domain.site.session import EVERYONE


def grant(context: SiteContext, event: PriorityGranted) -> None:
    """The session has priority until the grant ends."""
    _change(context, event.session_id, event.tier, event.valid_until_ms)


def expire(context: SiteContext, event: PriorityExpired) -> None:
    """The session has priority no longer."""
    _change(context, event.session_id, EVERYONE, None)


def _change(context: SiteContext, session_id: str, tier: int, until_ms: int | None) -> None:
    """A session has this tier until then, and the targets of the site are planned again at once."""
    session = context.site.sessions.get(session_id)
    if session is None or (session.tier, session.tier_until_ms) == (tier, until_ms):
        return
    context.urgent |= session.tier != tier
    context.add(SessionTierChanged(session_id=session_id, tier=tier, until_ms=until_ms))


def lapse(context: SiteContext) -> None:
    """End the priority whose time is over, whether or not its end was reported."""
    for session in list(context.site.sessions.values()):
        if session.tier_until_ms is not None and session.tier_until_ms <= context.now_ms:
            _change(context, session.id, EVERYONE, None)
