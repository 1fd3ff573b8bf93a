"""The panel of a driver: their own sessions."""

from __future__ import annotations

from api.web.shared.panel import Panel, Values
from api.web.shared.rest import Rest
from domain.registry.access import Principal


async def _my_car(rest: Rest, site_id: str, _: Principal) -> Values:
    """The driver's own sessions at this site: in the API's lists, the ones with an id."""
    waiting = (await rest.get(f"/sites/{site_id}/queue"))["waiting"]
    chargers = (await rest.get(f"/sites/{site_id}/chargers"))["chargers"]
    own = dict.fromkeys(one["session_id"] for one in [*waiting, *chargers] if one["session_id"])
    return {"sessions": [await rest.get(f"/sessions/{session_id}") for session_id in own]}


MY_CAR = Panel("mine", "driver/my_car.html", _my_car, lambda principal: principal.role != "operator")
