"""A real server on real time, with sites, chargers that are online, and vehicles: everything through REST and OCPP."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import orjson
import websockets
from websockets.typing import Subprotocol

from benchmarks.keep_alive import KeepAlive
from services.base.addresses import Addresses, wait_for_addresses
from services.base.costs import Cost, family_cost
from services.base.first_start import Operator, prepare_operator

ROOT = Path(__file__).resolve().parent.parent
AT_ONCE = 20
CHARGERS = 4
NODES = [{"id": "main", "parent": None, "kind": "site", "limit_kw": 40}]
BOOT = {"chargePointVendor": "Commonwatt", "chargePointModel": "Bench"}

OCPP_16 = Subprotocol("ocpp1.6")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Community:
    """A client, its sites and vehicles. `vehicles` yields each id once: a vehicle has one open session."""

    client: KeepAlive
    sites: list[str]
    vehicles: Iterable[str]
    pids: Mapping[str, int]

    async def ask(self, vehicle_id: str, site_id: str) -> tuple[int, Any]:
        """Request a session; the answer once it is decided and can be read back."""
        wanted = {"target_soc": 80, "current_soc": 20, "time_constraint_minutes": 480}
        body = {"vehicle_id": vehicle_id, "site_id": site_id, **wanted}
        return await self.client.call("POST", "/sessions/request", body)

    async def waiting(self) -> list[int]:
        """Cars in the queue of each site, without those that hold a charger."""
        answers = [await self.client.call("GET", f"/sites/{site_id}/queue") for site_id in self.sites]
        return [sum(one["state"] == "queued" for one in queue["waiting"]) for _, queue in answers]

    def costs(self) -> dict[str, Cost]:
        """The cost of each process so far; empty where the system has no /proc."""
        costs = {name: family_cost(pid) for name, pid in self.pids.items()}
        return {name: cost for name, cost in costs.items() if cost is not None}

    def cpu_s(self) -> dict[str, float]:
        return {name: cost.cpu_s for name, cost in self.costs().items()}


@dataclass(frozen=True, slots=True)
class Served:
    """A running platform: `api` as http://, `ocpp` as ws://, and its processes."""

    api: str
    ocpp: str
    operator: Operator
    pids: Mapping[str, int]


@asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[Served]:
    """The platform in one process, on files."""
    data = folder / "data"
    operator = await prepare_operator(data, time.time_ns() // 1_000_000)
    with _server(data) as (server, addresses):
        yield Served(addresses.api, addresses.ocpp, operator, {"server": server.pid})


@asynccontextmanager
async def community(served: Served, sites: int, vehicles: int) -> AsyncIterator[Community]:
    """Sites with four chargers each, and registered vehicles without a request."""
    async with AsyncExitStack() as stack:
        client = await _logged_in(served)
        stack.push_async_callback(client.close)
        site_ids = [f"site-{number}" for number in range(sites)]
        await _by_turns(_add_site(client, site_id) for site_id in site_ids)
        passwords = await _by_turns(
            _add_charger(client, site_id, f"{site_id}-{number}") for site_id in site_ids for number in range(CHARGERS)
        )
        await _by_turns(_online(stack, served.ocpp, *known) for known in passwords)
        ids = await _by_turns(_add_vehicle(client, number) for number in range(vehicles))
        yield Community(client, site_ids, iter(ids), served.pids)


@contextmanager
def _server(data: Path) -> Iterator[tuple[subprocess.Popen[bytes], Addresses]]:
    log = data.parent / "server.log"
    command = [sys.executable, "-m", "services.cli", "serve", "--data", str(data), "--port", "0", "--ocpp-port", "0"]
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    try:
        addresses = wait_for_addresses(data, server)
        if addresses is None:
            raise RuntimeError(f"the server did not start: {log.read_text()}")
        yield server, addresses
    finally:
        server.terminate()
        server.wait()


async def _logged_in(served: Served) -> KeepAlive:
    address = urlsplit(served.api)
    client = KeepAlive(address.hostname or "", address.port or 0)
    answer = await _posted(client, "/login", {"email": served.operator.email, "password": served.operator.password})
    client.bearer = answer["access_token"]
    return client


async def _add_site(client: KeepAlive, site_id: str) -> None:
    await _posted(client, "/sites", {"id": site_id, "location": "u33db", "firm_kw": 10, "nodes": NODES})


async def _add_charger(client: KeepAlive, site_id: str, charger_id: str) -> tuple[str, str]:
    described = {"id": charger_id, "site_id": site_id, "node": "main"}
    rated = {"phases": ["L1", "L2", "L3"], "max_a": 16, "voltage_v": 230}
    return charger_id, (await _posted(client, "/chargers", described | rated))["password"]


async def _add_vehicle(client: KeepAlive, number: int) -> str:
    vehicle = {"vin": f"WVWZZZAUZLW{number:06d}", "battery_kwh": 60}
    vehicle_id: str = (await _posted(client, "/vehicles", vehicle))["id"]
    return vehicle_id


async def _posted(client: KeepAlive, path: str, body: dict[str, Any]) -> Any:
    status, answer = await client.call("POST", path, body)
    if status not in (200, 201):
        raise RuntimeError(f"POST {path}: {status} {answer}")
    return answer


async def _online(stack: AsyncExitStack, ocpp: str, charger_id: str, password: str) -> None:
    """Connect a charger that is available, accepts everything, and stays."""
    secret = base64.b64encode(f"{charger_id}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}"}
    socket = await websockets.connect(f"{ocpp}/{charger_id}", subprotocols=[OCPP_16], additional_headers=headers)
    stack.push_async_callback(socket.close)
    numbers = itertools.count()

    async def call(action: str, payload: dict[str, Any]) -> None:
        await socket.send(orjson.dumps([2, str(next(numbers)), action, payload]), text=True)

    await call("BootNotification", BOOT)
    answered = asyncio.Event()
    answering = asyncio.create_task(_answer(socket, answered))
    stack.callback(answering.cancel)
    await call("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
    await answered.wait()


async def _answer(socket: websockets.ClientConnection, answered: asyncio.Event) -> None:
    with contextlib.suppress(websockets.ConnectionClosed):
        async for frame in socket:
            kind, number, *_ = orjson.loads(frame)
            if kind == 2:
                await socket.send(orjson.dumps([3, number, {"status": "Accepted"}]), text=True)
            elif number == "1":
                answered.set()


async def _by_turns(works: Iterable[Awaitable[T]]) -> list[T]:
    """The results of all works in their order, with a limited number at once."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(work: Awaitable[T]) -> T:
        async with places:
            return await work

    return list(await asyncio.gather(*map(one, works)))
