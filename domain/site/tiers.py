"""Tiers of a site's sessions: they come with a grant, go with its end, and never outlast it."""

from __future__ import annotations

from domain.records.sites import SessionTierChanged
from domain.site.context import Deciding
from domain.site.session import EVERYONE


def change(deciding: Deciding, session_id: str, tier: int, until_ms: int | None) -> None:
    """A session has this tier until then, and the site is planned anew at once. One that is over has none."""
    session = deciding.site.sessions.get(session_id)
    if session is None or (session.tier, session.tier_until_ms) == (tier, until_ms):
        return
    deciding.urgent |= session.tier != tier
    deciding.add(SessionTierChanged(session_id=session_id, tier=tier, until_ms=until_ms))


def lapse(deciding: Deciding) -> None:
    """Priority whose time is over is none, whether or not somebody said so."""
    for session in list(deciding.site.sessions.values()):
        if session.tier_until_ms is not None and session.tier_until_ms <= deciding.now_ms:
            change(deciding, session.id, EVERYONE, None)
