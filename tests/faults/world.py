"""A simulated world at a server in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simulators.server.control import Control
from simulators.server.ledger import Ledger
from simulators.server.rest import Api
from simulators.time.virtual_time import VirtualTime, parse_ms
from simulators.world.site import Site
from simulators.world.world import World
from tests.faults.supervisor import Place

PATIENCE_S = 60


@asynccontextmanager
async def world_of(place: Place, site: Site) -> AsyncIterator[tuple[World, Api]]:
    """The world of this site, from the start of the place's time on, and the operator's client."""
    host, _, port = place.addresses.control.rpartition(":")
    time = VirtualTime(parse_ms(place.starts))
    control = await Control.connect(host, int(port), PATIENCE_S)
    api = Api(place.addresses.api, place.operator, Ledger(), patience_s=PATIENCE_S)
    world = World(time, control, site.truth())
    try:
        yield world, api
    finally:
        for point in world.points:
            await point.lifecycle.close()
        await time.close()
        await api.close()
        await control.close()
