"""The simulated world beside a running server, on real time: what `./commonwatt simulate` starts."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import orjson

from simulators.charger.charge_point import ChargePoint
from simulators.charger.dial import CouldNotConnect
from simulators.charger.link import CallFailed
from simulators.people.commissioning import NotProven
from simulators.scenarios.little_hub import LittleHub
from simulators.scenarios.one_charger import CarOptions, NoSuchCharger, OneCharger, Show, wires
from simulators.server.ledger import Ledger
from simulators.server.real_time import RealTime
from simulators.server.rest import Api, Credentials, Refused, Unreachable
from simulators.time.virtual_time import VirtualTime
from simulators.world.sites import little_hub
from simulators.world.world import World

PATIENCE_S = 600.0
"""Patience with a server that went away."""
GOODBYE_S = 5.0
FAILURES = (CallFailed, CouldNotConnect, NoSuchCharger, NotProven, OSError, Refused, Unreachable, ValueError)


@dataclass(frozen=True, slots=True)
class Server:
    """The addresses of a server, and its operator."""

    api: str
    ocpp: str
    operator: Credentials


@dataclass(frozen=True, slots=True)
class Charger:
    """A charger: the file with the answer of `POST /chargers`, and its wires, per phase."""

    answer: Path
    max_a: float
    voltage_v: float
    phases: int

    def point(self, time: VirtualTime, url: str) -> ChargePoint:
        """Raises `OSError` where there is no such file, `ValueError` where it holds something else."""
        try:
            known = orjson.loads(self.answer.read_bytes())
            charger_id, ocpp_id, password = known["id"], known["ocpp_id"], known["password"]
            connectors = len(known["outlets"])
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{self.answer} does not hold what POST /chargers answered") from None
        return ChargePoint(
            time,
            url,
            ocpp_id,
            password,
            charger_id=charger_id,
            connectors=connectors,
            phases=self.phases,
            voltage_v=self.voltage_v,
            max_a=self.max_a,
        )


async def prove(server: Server, charger: Charger, show: Show) -> None:
    """Commission a charger. Raises what `FAILURES` names."""
    await _one_charger(server, charger, show, lambda played: played.prove())


async def serve(server: Server, charger: Charger, car: CarOptions, once: bool, show: Show) -> None:
    """Simulate a charger with its cars until cancelled, or `once`. Raises what `FAILURES` names."""
    await _one_charger(server, charger, show, lambda played: played.serve(car, once))


async def _one_charger(
    server: Server, charger: Charger, show: Show, scenario: Callable[[OneCharger], Coroutine[object, object, object]]
) -> None:
    time = VirtualTime(RealTime.now_ms())
    point = charger.point(time, server.ocpp)
    for outlet in point.outlets.values():
        outlet.on_status.append(partial(_show_status, show, outlet.id))
    world = World(time, RealTime(), wires(point))
    world.points.append(point)
    people = People(server, Ledger())
    api = await people.operator()
    await _run(world, people, scenario(OneCharger(time, api, point, show)))


def _show_status(show: Show, outlet_id: str, status: str) -> None:
    show(f"{outlet_id}: {status}")


async def hub(server: Server, cars: int, show: Show, ledger: Ledger | None = None) -> None:
    """Simulate a small hub of its own until cancelled; `ledger` records what the server acknowledged.

    Raises what `FAILURES` names.
    """
    site = little_hub(f"hub-{secrets.token_hex(3)}")
    time = VirtualTime(RealTime.now_ms())
    world = World(time, RealTime(), site.truth())
    people = People(server, ledger or Ledger())
    api = await people.operator()
    play = LittleHub(time, world, api, people.log_in, site, server.ocpp, show).play(cars)
    await _run(world, people, play)


class People:
    """The clients of the server; `close` ends their connections."""

    def __init__(self, server: Server, ledger: Ledger) -> None:
        self._server = server
        self._ledger = ledger
        self._clients: list[Api] = []

    async def operator(self) -> Api:
        """The operator's client. Raises at once where the server is away, or refuses the credentials."""
        at_once = Api(self._server.api, self._server.operator, Ledger())
        try:
            await at_once.get("/users/me")
        finally:
            await at_once.close()
        return self.log_in(self._server.operator)

    def log_in(self, credentials: Credentials) -> Api:
        seed = secrets.token_hex()  # the keys of another run are not ours
        api = Api(self._server.api, credentials, self._ledger, seed=seed, patience_s=PATIENCE_S)
        self._clients.append(api)
        return api

    async def close(self) -> None:
        for api in self._clients:
            await api.close()


async def _run(world: World, people: People, scenario: Coroutine[object, object, object]) -> None:
    """Run the scenario to its end or until cancelled; then unplug the cars, which the chargers report."""
    try:
        await world.run(scenario)
    finally:
        await asyncio.gather(*map(_leave, world.points))
        await world.time.close()
        await people.close()


async def _leave(point: ChargePoint) -> None:
    for outlet in point.outlets.values():
        outlet.unplug()
    try:
        async with asyncio.timeout(GOODBYE_S):
            while point.link.connected and not point.link.idle:
                await asyncio.sleep(0.05)
    except TimeoutError:
        pass  # it does not answer; a transaction that it knows of ends by its own rules
    await point.lifecycle.close()
