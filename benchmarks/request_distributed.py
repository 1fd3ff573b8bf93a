"""How long a driver waits for a decision on a cluster, beside two bare loops on the same broker."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.community import Community, Served
from benchmarks.log import DISK
from benchmarks.request import FLOOR_CALLS, RATE_S, measure, write
from benchmarks.stream.traffic import PARTITIONS, Traffic
from benchmarks.stream.two_hops import two_hops
from services.cluster_run import Cluster, Wanted, up
from services.logs import BROKERS
from services.postgres import enterable


def run(report: Path | None, sites: int, queue: int) -> dict[str, Any]:
    """Measure on a cluster with one worker of each service; print a table, write the numbers, and return them."""
    with tempfile.TemporaryDirectory(prefix="commonwatt-", dir=DISK if DISK.is_dir() else None) as folder:
        enterable(Path(folder))
        wanted = Wanted(Path(folder) / "cluster", workers=1, gateways=1, apis=1, partitions=PARTITIONS)
        with up(wanted) as cluster, two_hops(cluster.servers.settings[BROKERS]) as loops:
            found = uvloop.run(_measure(cluster, loops, sites, queue))
    return write(report, found | {"log": "kafka", "workers": wanted.workers, "partitions": PARTITIONS})


async def _measure(cluster: Cluster, loops: Traffic, sites: int, queue: int) -> dict[str, Any]:
    async def raw(_: Community) -> list[float]:
        """In a thread, so that the chargers are answered meanwhile."""
        return await asyncio.to_thread(loops.paced, FLOOR_CALLS, RATE_S)

    return await measure(served(cluster), {"raw_two_hops": raw}, sites, queue)


def served(cluster: Cluster) -> Served:
    assert cluster.operator is not None, "the cluster is new"
    pids = {**cluster.supervisor.pids(), **cluster.servers.pids}
    return Served(cluster.apis[0], cluster.gateways[0], cluster.operator, pids)
