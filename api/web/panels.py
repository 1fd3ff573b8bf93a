"""The parts of a site's page, each rendered by itself, so that each is told anew when it has changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from api.web.rest import Rest
from commands.quantities import rfc3339
from domain.registry.access import Principal, allows

Values = dict[str, Any]
DECISIONS_SHOWN = 10
SHORTEST_STEP_S = 10
"""That the API tells of. Only the part of it that has been is known: of a step that has just begun, the present."""


async def load(rest: Rest, site_id: str, _: Principal) -> Values:
    """What is drawn now, and the caps that hold now or later."""
    told = await rest.get(f"/sites/{site_id}")
    just_now = rfc3339(rest.clock.now_ms() - 1)
    [now] = (await rest.get(f"/sites/{site_id}/load", **{"from": just_now, "step": SHORTEST_STEP_S}))["points"][:1]
    return {"load_kw": now["load_kw"], "limit_kw": now["limit_kw"], "caps": told["grid_limits"]}


async def chargers(rest: Rest, site_id: str, _: Principal) -> Values:
    found = (await rest.get(f"/sites/{site_id}/chargers"))["chargers"]
    return {"chargers": found, "serving": sum(one["session_state"] == "charging" for one in found)}


async def queue(rest: Rest, site_id: str, _: Principal) -> Values:
    return {"waiting": (await rest.get(f"/sites/{site_id}/queue"))["waiting"]}


async def decisions(rest: Rest, site_id: str, _: Principal) -> Values:
    return await rest.get(f"/sites/{site_id}/decisions", limit=DECISIONS_SHOWN)


async def reviews(rest: Rest, site_id: str, _: Principal) -> Values:
    return await rest.get(f"/sites/{site_id}/urgent-reviews")


async def mine(rest: Rest, site_id: str, principal: Principal) -> Values:
    """A driver's own sessions here: in the API's lists they are the ones that are named."""
    waiting = (await rest.get(f"/sites/{site_id}/queue"))["waiting"]
    served = (await rest.get(f"/sites/{site_id}/chargers"))["chargers"]
    named = dict.fromkeys(one["session_id"] for one in [*waiting, *served] if one["session_id"])
    return {"sessions": [await rest.get(f"/sessions/{session_id}") for session_id in named]}


PANELS: Mapping[str, Callable[[Rest, str, Principal], Awaitable[Values]]] = {
    "mine": mine,
    "load": load,
    "chargers": chargers,
    "queue": queue,
    "reviews": reviews,
    "decisions": decisions,
}


def shown_to(principal: Principal) -> list[str]:
    """The panels of a page, in their order."""
    hidden = set()
    if principal.role == "operator":
        hidden.add("mine")
    if not allows(principal, "session.decide_review"):
        hidden.add("reviews")
    if not allows(principal, "site.decisions"):
        hidden.add("decisions")
    return [name for name in PANELS if name not in hidden]
