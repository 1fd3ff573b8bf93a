"""The panels that every role sees: load, chargers, queue."""

from __future__ import annotations

from api.web.shared.panel import Panel, Values
from api.web.shared.rest import Rest
from commands.quantities import rfc3339
from domain.registry.access import Principal, allows

SHORTEST_STEP_S = 10
"""The API's shortest step. The load of a step that has just begun is the present load."""


async def _load(rest: Rest, site_id: str, _: Principal) -> Values:
    """The present load and limit, and the present and future grid limits."""
    site = await rest.get(f"/sites/{site_id}")
    just_now = rfc3339(rest.clock.now_ms() - 1)
    [now] = (await rest.get(f"/sites/{site_id}/load", **{"from": just_now, "step": SHORTEST_STEP_S}))["points"][:1]
    return {"load_kw": now["load_kw"], "limit_kw": now["limit_kw"], "grid_limits": site["grid_limits"]}


async def _chargers(rest: Rest, site_id: str, principal: Principal) -> Values:
    chargers = (await rest.get(f"/sites/{site_id}/chargers"))["chargers"]
    charging = sum(one["session_state"] == "charging" for one in chargers)
    return {"chargers": chargers, "charging": charging, "may_see": allows(principal, "charger.see")}


async def _queue(rest: Rest, site_id: str, _: Principal) -> Values:
    return {"waiting": (await rest.get(f"/sites/{site_id}/queue"))["waiting"]}


LOAD = Panel("load", "shared/panels/load.html", _load)
CHARGERS = Panel("chargers", "shared/panels/chargers.html", _chargers)
QUEUE = Panel("queue", "shared/panels/queue.html", _queue)
