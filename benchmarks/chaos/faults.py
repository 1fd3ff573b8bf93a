"""What is done to a cluster, and when: services are killed, told to stop, or halted; each server restarts once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from time import monotonic
from typing import Literal

from services.cluster_run import Cluster

EVERY_S = 12
"""A service is struck about so often: on one machine, the next one finds most of them there again."""
HALTED_S = (1, 20)
"""Shorter and longer than the silence for which a worker is taken to be dead."""
Kind = Literal["SIGKILL", "SIGTERM", "SIGSTOP", "restart"]
SIGNALS: tuple[Kind, ...] = ("SIGKILL", "SIGTERM", "SIGSTOP")
SERVERS = ("kafka", "postgresql")


@dataclass(frozen=True, slots=True)
class Fault:
    """`at_s` from the beginning; a halted service goes on after `lasts_s`."""

    at_s: float
    kind: Kind
    target: str
    lasts_s: float = 0.0


def plan(seed: int, seconds: int, services: Sequence[str]) -> list[Fault]:
    """The faults of a run, in order; the same for the same seed."""
    random = Random(f"{seed}:faults")
    kinds = [SIGNALS[number % len(SIGNALS)] for number in range(seconds // EVERY_S)]
    random.shuffle(kinds)
    faults = [Fault(random.uniform(0.2, 0.8) * seconds, "restart", server) for server in SERVERS]
    for kind in kinds:
        halted_s = random.uniform(*HALTED_S) if kind == "SIGSTOP" else 0.0
        faults.append(Fault(random.uniform(0, 1) * seconds, kind, random.choice(services), halted_s))
    return sorted(faults, key=lambda fault: fault.at_s)


async def strike(cluster: Cluster, faults: Sequence[Fault]) -> None:
    """Do all of it, each at its time; nothing is halted or away afterwards."""
    begin_s = monotonic()
    async with asyncio.TaskGroup() as striking:
        for fault in faults:
            striking.create_task(_strike_at(cluster, fault, begin_s + fault.at_s))


async def _strike_at(cluster: Cluster, fault: Fault, at_s: float) -> None:
    await asyncio.sleep(at_s - monotonic())
    if fault.kind == "restart":
        await asyncio.to_thread(_restart, cluster, fault.target)
        return
    pid = cluster.supervisor.pids()[fault.target]
    with suppress(ProcessLookupError):  # it has just died of another fault
        os.kill(pid, signal.Signals[fault.kind])
        if fault.kind == "SIGSTOP":
            try:
                await asyncio.sleep(fault.lasts_s)
            finally:
                os.kill(pid, signal.SIGCONT)


def _restart(cluster: Cluster, server: str) -> None:
    """The broker in order, as an update does it; PostgreSQL as after a crash."""
    if server == "kafka":
        cluster.servers.kafka.stop()
        cluster.servers.kafka.start()
    else:
        cluster.servers.postgres.stop("immediate")
        cluster.servers.postgres.start()
