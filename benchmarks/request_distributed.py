"""The time that a driver waits for a decision on a cluster, beside two bare loops on the same broker."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.community import Community, Served
from benchmarks.log import DISK
from benchmarks.request import FLOOR_CALLS, Workload, measure, write
from benchmarks.stream.traffic import PARTITIONS, Traffic
from benchmarks.stream.two_hops import two_hops
from services.base.logs import BROKERS
from services.local import cluster_run
from services.local.cluster_run import Cluster
from services.local.postgres import enterable


def run(workload: Workload, report: Path | None = None) -> dict[str, Any]:
    """Measure on a cluster with one worker of each service; print a table, write the numbers, and return them."""
    with tempfile.TemporaryDirectory(prefix="commonwatt-", dir=DISK if DISK.is_dir() else None) as folder:
        enterable(Path(folder))
        one_each = cluster_run.ClusterOptions(
            Path(folder) / "cluster", workers=1, gateways=1, apis=1, partitions=PARTITIONS
        )
        with cluster_run.up(one_each) as cluster, two_hops(cluster.servers.settings[BROKERS]) as loops:
            found = uvloop.run(_measure(cluster, loops, workload))
    return write(report, found | {"log": "kafka", "workers": one_each.workers, "partitions": PARTITIONS})


async def _measure(cluster: Cluster, loops: Traffic, workload: Workload) -> dict[str, Any]:
    async def raw(_: Community, rate_s: int) -> list[float]:
        """In a thread, so that the chargers are answered meanwhile."""
        return await asyncio.to_thread(loops.paced, FLOOR_CALLS, rate_s)

    return await measure(served(cluster), {"raw_two_hops": raw}, workload)


def served(cluster: Cluster) -> Served:
    assert cluster.operator is not None, "the cluster is new"
    pids = {**cluster.supervisor.pids(), **cluster.servers.pids}
    return Served(cluster.apis[0], cluster.gateways[0], cluster.operator, pids)
