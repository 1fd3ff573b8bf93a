"""A technician commissions chargers with a small test load, so that even a non-compliant one does no harm."""

from __future__ import annotations

from simulators.charger.battery import Car
from simulators.charger.link import CallFailed
from simulators.charger.outlet import Outlet
from simulators.server.rest import Api
from simulators.time.virtual_time import VirtualTime

TOKEN = "technician"
TEST_LOAD_A = 13.0
MINUTES = 15
POLLS_EVERY_S = 10.0
HANDLES_S = 15.0


class NotProven(Exception):
    """A charger was not verified within its time."""


async def commission(
    time: VirtualTime,
    api: Api,
    site_id: str,
    outlet: Outlet,
    *,
    handles_s: float = HANDLES_S,
    polls_every_s: float = POLLS_EVERY_S,
) -> None:
    """Attest the test load, plug it in, wait until the charger is proven, take it away. Raises `NotProven`.

    A load that is not let in, or is stopped before it proved anything, is plugged in again. `handles_s`: how long the
    technician takes from the plug to the token, and to put the load away.
    """
    await api.post(f"/chargers/{outlet.id}/commission", {"test_load_a": TEST_LOAD_A, "minutes": MINUTES})
    until_ms = time.now_ms + MINUTES * 60_000
    wires = outlet.connector
    load = Car(100, 0, TEST_LOAD_A, knee=1, reaction_s=0.5, voltage_v=wires.voltage_v, phases=wires.phases)
    status = obedience = None
    while obedience != "proven":
        if time.now_ms >= until_ms:
            raise NotProven(f"{outlet.id} is {obedience!r} after {MINUTES} minutes; the test load: {status}")
        if outlet.connector.transaction is None:
            outlet.unplug()
            outlet.plug(load)
            await time.sleep(handles_s)
            status = await _let_in(outlet)
        await time.sleep(polls_every_s)
        site = await api.get(f"/sites/{site_id}/chargers")
        obedience = next(entry["obedience"] for entry in site["chargers"] if entry["id"] == outlet.id)
    outlet.unplug()
    await time.sleep(handles_s)


async def _let_in(outlet: Outlet) -> str:
    """The answer to the technician's token."""
    try:
        status = await outlet.authorize(TOKEN)
        return status if status != "Accepted" else await outlet.start(TOKEN)
    except CallFailed as error:
        return str(error)
