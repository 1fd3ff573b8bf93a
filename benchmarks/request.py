"""The time that a driver waits for a decision: a session requested, decided, and readable, at a rate of requests.

Requests are sent when they are due, however long earlier ones take, and their time counts from then. The floor is
measured by turns in the same run and at the same rate. In one process it is a plain GET of the same server, and two
appends, one after the other, to a log with nothing else to do (a request is stored, and so is its decision).
"""

from __future__ import annotations

import asyncio
import json
import math
import statistics
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from adapters.log.sqlite.log import SqliteLog
from benchmarks.community import CHARGERS, Community, Served, community, embedded
from benchmarks.log import DISK
from commands.ports.log import Entry

ROUNDS = 5
REQUESTS = 200
FLOOR_CALLS = 100
"""Calls a round."""
DECIDED = ("queued", "offered")
SAMPLED = 20
"""One answer in this many is read back at once."""
BODY = b"x" * 400


@dataclass(frozen=True, slots=True)
class Workload:
    """The load of a measurement: requests a second, sites, and the cars in the queue of each before it."""

    rate_s: int = 100
    sites: int = 20
    queue: int = 20


@dataclass(slots=True)
class Requests:
    """Requests and their results."""

    rate_s: int
    waits_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    read_back: int = 0
    sent_s: list[float] = field(default_factory=list)
    cpu_s: Counter[str] = field(default_factory=Counter)


async def open_loop(count: int, rate_s: int, act: Callable[[float], Coroutine[Any, Any, None]]) -> float:
    """Begin `act` at each due time, `rate_s` a second, and wait for all; the actual rate.

    Due times are whole milliseconds, since that is what the loop's timers can keep.
    """
    begin_s = math.ceil(perf_counter() * 1000 + 10) / 1000
    acting: list[asyncio.Task[None]] = []
    for number in range(count):
        due_s = begin_s + number / rate_s
        await asyncio.sleep(due_s - perf_counter())
        acting.append(asyncio.create_task(act(due_s)))
    sent_s = (count - 1) / (perf_counter() - begin_s)
    await asyncio.gather(*acting)
    return sent_s


async def timed(waits_ms: list[float], due_s: float, work: Awaitable[Any]) -> Any:
    done = await work
    waits_ms.append((perf_counter() - due_s) * 1000)
    return done


async def ask(hub: Community, requests: Requests, count: int) -> None:
    """Let `count` vehicles ask, at the sites in turn."""
    vehicles = iter(hub.vehicles)
    numbers = iter(range(count))

    async def act(due_s: float) -> None:
        number = next(numbers)
        asking = hub.ask(next(vehicles), hub.sites[number % len(hub.sites)])
        status, session = await timed(requests.waits_ms, due_s, asking)
        if status != 202 or session["state"] not in DECIDED:
            requests.errors.append(f"{status} {session}")
        elif number % SAMPLED == 0:
            await read_back(hub, requests, session)

    requests.cpu_s.subtract(hub.cpu_s())
    requests.sent_s.append(await open_loop(count, requests.rate_s, act))
    requests.cpu_s.update(hub.cpu_s())


async def read_back(hub: Community, requests: Requests, session: dict[str, Any]) -> None:
    status, found = await hub.client.call("GET", f"/sessions/{session['id']}")
    requests.read_back += 1
    if status != 200 or found["state"] not in DECIDED:
        requests.errors.append(f"read back: {status} {found}")


Floor = Callable[[Community, int], Awaitable[list[float]]]
"""A turn of a part of the floor at a rate a second: what each of its calls took, in ms."""


async def get(hub: Community, rate_s: int) -> list[float]:
    waits_ms: list[float] = []

    async def act(due_s: float) -> None:
        await timed(waits_ms, due_s, hub.client.call("GET", f"/sites/{hub.sites[0]}"))

    await open_loop(FLOOR_CALLS, rate_s, act)
    return waits_ms


async def append_twice(log: SqliteLog, rate_s: int) -> list[float]:
    waits_ms: list[float] = []

    async def twice() -> None:
        for _ in range(2):
            await log.append("events", [Entry("bench", BODY)])

    async def act(due_s: float) -> None:
        await timed(waits_ms, due_s, twice())

    await open_loop(FLOOR_CALLS, rate_s, act)
    return waits_ms


async def measure(served: Served, floors: Mapping[str, Floor], workload: Workload) -> dict[str, Any]:
    """Fill the queues, then turn about: requests, and each part of the floor."""
    requests, sites = Requests(workload.rate_s), workload.sites
    floors_ms: dict[str, list[float]] = {name: [] for name in floors}
    ratios: list[float] = []
    full = (workload.queue + CHARGERS) * sites
    async with community(served, sites, full + ROUNDS * REQUESTS) as hub:
        await ask(hub, warm_up := Requests(workload.rate_s), full)
        assert not warm_up.errors, warm_up.errors[0]
        at_first = await hub.waiting()
        for _ in range(ROUNDS):
            before = len(requests.waits_ms)
            await ask(hub, requests, REQUESTS)
            turn_ms = {name: await floor(hub, workload.rate_s) for name, floor in floors.items()}
            for name, waits_ms in turn_ms.items():
                floors_ms[name] += waits_ms
            ratios.append(statistics.median(requests.waits_ms[before:]) / sum(map(statistics.median, turn_ms.values())))
        at_last = await hub.waiting()
        peak_mb = {name: cost.to_json()["peak_mb"] for name, cost in hub.costs().items()}
    cpu_ms = {name: round(cpu_s * 1000 / len(requests.waits_ms), 2) for name, cpu_s in requests.cpu_s.items()}
    return {
        **percentiles(requests.waits_ms),
        "requests": len(requests.waits_ms),
        "sent_s": round(statistics.median(requests.sent_s), 1),
        "errors": len(requests.errors),
        "first_error": next(iter(requests.errors), None),
        "read_back": requests.read_back,
        "rate_s": workload.rate_s,
        "sites": sites,
        "queue_length": [min(at_first), max(at_last)],
        "server_cpu_ms": round(sum(cpu_ms.values()), 2) if cpu_ms else None,
        "cpu_ms": cpu_ms,
        "peak_mb": peak_mb,
        "floor": {name: percentiles(waits_ms) for name, waits_ms in floors_ms.items()},
        "ratio_to_floor": round(statistics.median(ratios), 2),
    }


def percentiles(waits_ms: Sequence[float]) -> dict[str, float]:
    found = statistics.quantiles(waits_ms, n=100)
    return {"p50_ms": round(found[49], 2), "p99_ms": round(found[98], 2)}


def show(found: dict[str, Any]) -> None:
    table = Table(title=f"Request to decision readable, at {found['sent_s']} requests/s")
    for column in ("", "p50 ms", "p99 ms"):
        table.add_column(column, justify="right" if column else "left")
    rows = {"request → decision readable": found}
    rows |= {f"floor: {name.replace('_', ' ')}": cell for name, cell in found["floor"].items()}
    for name, cell in rows.items():
        table.add_row(name, f"{cell['p50_ms']:,}", f"{cell['p99_ms']:,}")
    shortest, longest = found["queue_length"]
    table.caption = (
        f"{found['requests']:,} requests, {found['errors']} errors, at {found['sites']} sites where {shortest} to "
        f"{longest} wait; {found['ratio_to_floor']} times the floor; {found['server_cpu_ms']} ms of processor time each"
    )
    Console().print(table)


def run(workload: Workload, report: Path | None = None) -> dict[str, Any]:
    """Measure the platform in one process; print a table, write the numbers to `report`, and return them."""
    with tempfile.TemporaryDirectory(prefix="commonwatt-", dir=DISK if DISK.is_dir() else None) as folder:
        return write(report, uvloop.run(_measure(Path(folder), workload)))


async def _measure(folder: Path, workload: Workload) -> dict[str, Any]:
    log = SqliteLog.open(folder / "floor")
    floors = {"get": get, "two_appends": lambda hub, rate_s: append_twice(log, rate_s)}
    async with embedded(folder) as served:
        found = await measure(served, floors, workload)
    await log.close()
    return found


def write(report: Path | None, found: dict[str, Any]) -> dict[str, Any]:
    """Print a table, write the numbers to `report`, and return them."""
    show(found)
    if report:
        report.write_text(json.dumps(found, indent=2) + "\n")
    return found
