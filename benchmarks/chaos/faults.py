"""The faults of a cluster and their times: services are killed, stopped, or halted; servers restart."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from time import monotonic, sleep
from typing import Literal

from services.local.cluster_run import Cluster

EVERY_S = 12
"""Average time between two faults of services: on one machine, most have recovered by the next one."""
HALTED_S = (1, 20)
"""Shorter and longer than the silence for which a worker is taken to be dead."""
AWAY_S = (1, 20)
"""Of a broker, where others go on: shorter and longer than the silence for which it is taken to be dead."""
Kind = Literal["SIGKILL", "SIGTERM", "SIGSTOP", "restart", "crash"]
SIGNALS: tuple[Kind, ...] = ("SIGKILL", "SIGTERM", "SIGSTOP")
POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault at `at_s` from the beginning; a halted or absent target continues after `lasts_s`."""

    at_s: float
    kind: Kind
    target: str
    lasts_s: float = 0.0


def plan(seed: int, seconds: int, services: Sequence[str], brokers: int = 1, every_s: int = EVERY_S) -> list[Fault]:
    """The faults of a run, in order; the same for the same seed. A service has one every `every_s` or so.

    The first broker restarts in order, as an update does it; the others and PostgreSQL crash.
    """
    random = Random(f"{seed}:faults")
    kinds = [SIGNALS[number % len(SIGNALS)] for number in range(seconds // every_s)]
    random.shuffle(kinds)
    servers: list[tuple[Kind, str]] = [("restart", "kafka-1"), ("crash", POSTGRESQL)]
    servers += [("crash", f"kafka-{number}") for number in range(2, brokers + 1)]
    faults = [
        Fault(
            random.uniform(0.2, 0.8) * seconds,
            kind,
            server,
            random.uniform(*AWAY_S) if brokers > 1 and server != POSTGRESQL else 0.0,
        )
        for kind, server in servers
    ]
    for kind in kinds:
        halted_s = random.uniform(*HALTED_S) if kind == "SIGSTOP" else 0.0
        faults.append(Fault(random.uniform(0, 1) * seconds, kind, random.choice(services), halted_s))
    return sorted(faults, key=lambda fault: fault.at_s)


async def strike(cluster: Cluster, faults: Sequence[Fault]) -> None:
    """Carry out the faults, each at its time; nothing is halted or away afterwards."""
    begin_s = monotonic()
    async with asyncio.TaskGroup() as striking:
        for fault in faults:
            striking.create_task(_strike_at(cluster, fault, begin_s + fault.at_s))


async def _strike_at(cluster: Cluster, fault: Fault, at_s: float) -> None:
    await asyncio.sleep(at_s - monotonic())
    if fault.kind in ("restart", "crash"):
        await asyncio.to_thread(_restart_server, cluster, fault)
        return
    pid = cluster.supervisor.pids()[fault.target]
    with suppress(ProcessLookupError):  # it has just died of another fault
        os.kill(pid, signal.Signals[fault.kind])
        if fault.kind == "SIGSTOP":
            try:
                await asyncio.sleep(fault.lasts_s)
            finally:
                os.kill(pid, signal.SIGCONT)


def _restart_server(cluster: Cluster, fault: Fault) -> None:
    if fault.target == POSTGRESQL:
        cluster.servers.postgres.stop("immediate")
        cluster.servers.postgres.start()
        return
    broker = next(node for node in cluster.servers.brokers.nodes if node.folder.name == fault.target)
    if fault.kind == "crash":
        broker.kill()
    else:
        broker.stop()
    sleep(fault.lasts_s)
    broker.start()
