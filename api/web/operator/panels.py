"""The panels of an operator: alarms, urgent reviews and the latest decisions."""

from __future__ import annotations

from api.web.shared.panel import Panel, Values
from api.web.shared.rest import Rest
from domain.registry.access import Principal, allows

DECISIONS_SHOWN = 10


async def _alarms(rest: Rest, site_id: str, _: Principal) -> Values:
    return await rest.get(f"/sites/{site_id}/alarms")


async def _reviews(rest: Rest, site_id: str, _: Principal) -> Values:
    return await rest.get(f"/sites/{site_id}/urgent-reviews")


async def _decisions(rest: Rest, site_id: str, _: Principal) -> Values:
    return await rest.get(f"/sites/{site_id}/decisions", limit=DECISIONS_SHOWN)


ALARMS = Panel("alarms", "operator/alarms.html", _alarms, lambda principal: allows(principal, "site.alarms"))
REVIEWS = Panel(
    "reviews", "operator/reviews.html", _reviews, lambda principal: allows(principal, "session.decide_review")
)
DECISIONS = Panel(
    "decisions", "operator/decisions.html", _decisions, lambda principal: allows(principal, "site.decisions")
)
