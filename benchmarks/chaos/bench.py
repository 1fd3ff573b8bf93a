"""The check that a cluster loses nothing while its services are killed and halted and its servers restart.

People call both APIs, and a small simulated hub is at each gateway, with chargers and members of its own. Once all is
settled, their ledgers are compared with the log; so are the time series, the read models, and a replay.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.chaos import checks, settled
from benchmarks.chaos.checks import Verdict
from benchmarks.chaos.clients import Client, Person
from benchmarks.chaos.faults import EVERY_S, Fault, plan, strike
from benchmarks.chaos.settled import Settled
from domain.records.time import StreamParked
from services.base.databases import Databases
from services.base.logs import kafka_log
from services.local.cluster_run import EDGES, Cluster, ClusterOptions, NotReady, make_ready, stop, up
from simulators.scenarios import live
from simulators.server.ledger import Ledger
from simulators.server.rest import Credentials

PEOPLE = 4
CARS = 3
"""Cars at each hub."""
OPENS_S = 240
"""Time for the hubs to commission their chargers; no fault happens before."""
CALM_S = 20
"""Pause after that, so that their members are known."""
ANSWERED_S = 180
"""Time for the last commands to be repeated."""
WATCH_S = 0.2


@dataclass(slots=True)
class Played:
    """The memory of the participants."""

    ledger: Ledger
    faults: Sequence[Fault]
    repeats: int = 0
    hubs_ended: list[str] = field(default_factory=list)
    unanswered: int = 0


def run(
    report: Path | None = None,
    minutes: int = 20,
    seed: int = 1,
    data: Path | None = None,
    brokers: int = 1,
    every_s: int = EVERY_S,
    commands: int = 0,
) -> dict[str, Any]:
    """Play, check, print a table, write the report, and return it.

    A service has a fault every `every_s` or so; people act until `commands` of their commands are answered, at least.
    Raises `NoServers`, `NotReady`, `LogError`.
    """
    console = Console()
    with up(ClusterOptions(data, workers=2, gateways=2, apis=2, partitions=4, brokers=brokers)) as cluster:
        faults = plan(seed, minutes * 60, [one.service.name for one in cluster.members], brokers, every_s)
        played = uvloop.run(_watched(cluster, _play(cluster, faults, seed, commands, console)))
        not_ready = _not_ready(cluster)
        cluster.supervisor.stop([one.service.name for one in cluster.members if _begins(one.service.name)])
        behind, state = uvloop.run(_watched(cluster, _settled(cluster, console)))
    found = _found(played, state, behind) | {"minutes": minutes, "seed": seed, "not_ready": not_ready}
    found["ok"] = found["ok"] and not (not_ready or behind or played.unanswered)
    show(found, console)
    if report:
        report.write_text(json.dumps(found, indent=2) + "\n")
    return found


def _not_ready(cluster: Cluster) -> str | None:
    """The service that does not recover after the faults, with the end of its output; None: all do."""
    try:
        make_ready(cluster)
    except NotReady as error:
        return str(error)
    return None


def _begins(name: str) -> bool:
    """Whether a service brings new inputs: nothing can settle beside it."""
    return name.startswith((*EDGES, "timekeeper"))


async def _watched(cluster: Cluster, work: Any) -> Any:
    """Do the work while services that end are restarted."""

    async def watch() -> None:
        while True:
            cluster.supervisor.watch()
            await asyncio.sleep(WATCH_S)

    watching = asyncio.create_task(watch())
    try:
        return await work
    finally:
        watching.cancel()


async def _play(cluster: Cluster, faults: Sequence[Fault], seed: int, commands: int, console: Console) -> Played:
    assert cluster.operator is not None, "chaos begins with an empty log"
    played = Played(Ledger(), faults)
    client = Client(cluster.apis, cluster.operator, played.ledger, str(seed))
    over = asyncio.Event()
    openings = [asyncio.Event() for _ in cluster.gateways]
    operator = Credentials(cluster.operator.email, cluster.operator.password)
    servers = [live.Server(api, ocpp, operator) for api, ocpp in zip(cluster.apis, cluster.gateways, strict=True)]
    hubs = [asyncio.create_task(_hub(*of, played)) for of in zip(servers, openings, strict=True)]
    people = [asyncio.create_task(Person(client, number, seed).live(over)) for number in range(PEOPLE)]
    console.print("The cluster is up; chargers prove that they obey ...")
    try:
        async with asyncio.timeout(OPENS_S):
            await asyncio.gather(*(opening.wait() for opening in openings))
    except TimeoutError:
        raise NotReady(f"the hubs did not open within {OPENS_S} s: {played.hubs_ended}") from None
    await asyncio.sleep(CALM_S)
    console.print(f"{len(faults)} faults begin")
    await strike(cluster, faults)
    while client.answered < commands and not all(task.done() for task in people):
        await asyncio.sleep(WATCH_S)
    over.set()
    _, pending = await asyncio.wait(people, timeout=ANSWERED_S)
    for task in [*hubs, *pending]:
        task.cancel()
    await asyncio.gather(*hubs, *pending, return_exceptions=True)
    for task in people:
        if not task.cancelled():
            task.result()  # raises what a person died of: that is a defect
    await client.close()
    played.repeats, played.unanswered = client.repeats, len(pending)
    return played


async def _hub(server: live.Server, opened: asyncio.Event, played: Played) -> None:
    """Simulate a hub, and another one after a failure."""

    def on_text(text: str) -> None:
        if "is open" in text:
            opened.set()

    while True:
        try:
            await live.hub(server, CARS, on_text, played.ledger)
        except live.FAILURES as error:
            played.hubs_ended.append(f"{datetime.now():%H:%M:%S} {error!r}")
            await asyncio.sleep(1)


async def _settled(cluster: Cluster, console: Console) -> tuple[list[str], Settled]:
    """Wait until all is consumed, end the services, and read what is left."""
    console.print("The faults are over; waiting until all inputs are decided and all events applied ...")
    databases = Databases.of_variables(cluster.servers.settings)
    log = kafka_log(cluster.servers.settings)
    read_models, series = databases.open_read_models(cluster.folder), databases.open_series(cluster.folder)
    try:
        behind = await settled.settle(log, read_models, series)
        await asyncio.to_thread(stop, cluster)
        console.print("All is made again from the log ...")
        with TemporaryDirectory(prefix="commonwatt-") as folder:
            return behind, await settled.read(log, read_models, series, Path(folder))
    finally:
        await log.close()
        read_models.close()
        series.close()


def _found(played: Played, state: Settled, behind: Sequence[str]) -> dict[str, Any]:
    ledger = played.ledger.to_json()
    verdicts = _verdicts(ledger, state)
    answers = Counter(str(entry["status"]) for entry in ledger["commands"])
    return {
        "ok": all(verdict.ok for verdict in verdicts.values()),
        "checks": {name: asdict(verdict) | {"ok": verdict.ok} for name, verdict in verdicts.items()},
        "answers": dict(sorted(answers.items())),
        "answered": len(ledger["commands"]),
        "asked_again": played.repeats,
        "unanswered": played.unanswered,
        "charger_starts": len(ledger["starts"]),
        "charger_stops": len(ledger["stops"]),
        "meter_values": sum(ledger["meter_values"].values()),
        "hubs_ended": played.hubs_ended,
        "inputs": len(state.inputs),
        "events": len(state.events),
        "parked": sum(isinstance(event.data, StreamParked) for event in state.events),
        "behind": list(behind),
        "faults": Counter(fault.kind for fault in played.faults),
        "done": [asdict(fault) for fault in played.faults],
    }


def _verdicts(ledger: Mapping[str, Any], state: Settled) -> dict[str, Verdict]:
    return {
        "each acknowledged command has one outcome": checks.commands_once(
            ledger["commands"], state.inputs, state.events
        ),
        "what was acknowledged is never called missing": checks.nothing_missing(ledger["commands"]),
        "each event is on the log once": checks.events_once(state.events),
        "each acknowledged start of a charger exists once": checks.starts_once(ledger["starts"], state.events),
        "each reading is in the time series once": checks.readings_once(
            ledger["commands"], state.inputs, state.expected_rows, state.stored_rows
        ),
        "read models equal a rebuild": checks.same_tables(state.live, state.again),
        "replay gives the same events": checks.replays_same(state.replays),
    }


def show(found: Mapping[str, Any], console: Console) -> None:
    table = Table(title=f"Chaos: {found['minutes']} minutes, seed {found['seed']}")
    table.add_column("must hold")
    table.add_column("looked at", justify="right")
    table.add_column("")
    for name, check in found["checks"].items():
        table.add_row(name, f"{check['checked']:,}", "yes" if check["ok"] else "[bold red]NO")
    faults = ", ".join(f"{count} {kind}" for kind, count in found["faults"].items())
    table.caption = (
        f"{faults}; answers {found['answers']}, {found['asked_again']} times asked again; {found['inputs']:,} inputs, "
        f"{found['events']:,} events, {found['charger_starts']} transactions, {found['meter_values']:,} meter values"
    )
    console.print(table)
    if found["not_ready"] is not None:
        console.print(found["not_ready"], markup=False)
    if found["behind"]:
        console.print(f"still behind: {', '.join(found['behind'])}", markup=False)
    if found["unanswered"]:
        console.print(f"people who are still without an answer: {found['unanswered']}", markup=False)
    for name, check in found["checks"].items():
        if not check["ok"]:
            console.print(f"{name}: {check['difference']}", markup=False)
