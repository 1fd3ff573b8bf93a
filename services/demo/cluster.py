"""The platform of the demo as many processes on real servers, on simulated time."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from services.base.addresses import Addresses
from services.base.first_start import Operator
from services.base.logs import kafka_log
from services.demo.proof import counted, replayed
from services.demo.server import kill_moments
from services.local.broker import log_bytes
from services.local.cluster_run import ClusterOptions, stop, up
from services.local.cluster_services import CLOCK

WATCH_S = 0.2


class DemoCluster:
    """Starts when it is made. `kills` counts the services killed (kill -9) at seeded moments.

    Raises what `services.local.cluster_run.up` raises.
    """

    log = "kafka"
    data = None

    def __init__(self, folder: Path, begin: datetime, kills: int, workers: int) -> None:
        self.kills = 0
        self._moments_ms = kill_moments(begin, kills)
        self._draw = Random(f"{begin.isoformat()}:services")
        self._over = threading.Event()
        self._stack = ExitStack()
        options = ClusterOptions(folder, workers, gateways=1, apis=workers, partitions=4, starts=begin)
        self._cluster = self._stack.enter_context(up(options))
        self._watching = threading.Thread(target=self._watch, name="supervisor")
        self._watching.start()

    @property
    def operator(self) -> Operator:
        assert self._cluster.operator is not None, "a demo begins with an empty log"
        return self._cluster.operator

    def addresses(self) -> Addresses:
        return Addresses(self._cluster.apis[0], self._cluster.gateways[0], self._cluster.control)

    def log_tail(self) -> str:
        """The end of the output of each service."""
        names = [one.service.name for one in self._cluster.members]
        return "\n".join(f"{name}:\n{self._cluster.supervisor.log_tail(name)}" for name in names)

    def on_time(self, now_ms: int) -> None:
        """Kill one service (kill -9) where a kill is due at this time of the world; it restarts at once."""
        while self._moments_ms and self._moments_ms[0] <= now_ms:
            self._moments_ms.pop(0)
            pids = self._cluster.supervisor.pids()
            os.kill(pids[self._draw.choice(sorted(pids.keys() - {CLOCK}))], signal.SIGKILL)
            self.kills += 1

    def prove(self) -> dict[str, Any]:
        """Stop the services in order; then a fresh process decides again from the inputs on Kafka."""
        self._end_services()
        cost = self._cost()
        settings = self._cluster.servers.settings
        replay = replayed(self._cluster.folder / "data", os.environ | dict(settings))
        return counted(lambda: kafka_log(settings)) | replay | cost

    def _cost(self) -> dict[str, Any]:
        """The cost of the day: of each service until its stop, of each server, and of the log on the disk."""
        costs = self._cluster.supervisor.meter.costs() | self._cluster.servers.costs()
        return {
            "services": {name: cost.to_json() for name, cost in costs.items()},
            "log_bytes": log_bytes(self._cluster.servers.brokers.nodes[0].folder),
        }

    def close(self) -> None:
        """Stop everything; no process is left."""
        self._end_services()
        self._stack.close()

    def _end_services(self) -> None:
        self._over.set()
        self._watching.join()
        stop(self._cluster)

    def _watch(self) -> None:
        while not self._over.wait(WATCH_S):
            self._cluster.supervisor.watch()
