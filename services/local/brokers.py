"""Several real brokers, each with all records, as in production: of three, one may be away."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from services.local.broker import Kafka, brokers_known, quorum_of
from services.local.java_server import POLL_S, START_S, JavaServerError


class Brokers:
    """They know each other by lasting ports; each of `nodes` may be stopped, killed and started again.

    Raises `JavaServerError`, also where `folder` holds the data of another number of brokers: those know each other.
    """

    def __init__(self, folder: Path, count: int = 1) -> None:
        if (found := len([*folder.glob("kafka-*")])) not in (0, count):
            raise JavaServerError(f"brokers: {folder} has the data of {found}, so {count} can't go on with them")
        folders = [folder / f"kafka-{number}" for number in range(1, count + 1)]
        quorum = quorum_of(folders)
        self.replicas = quorum.replicas
        self.nodes = [Kafka(one, quorum=quorum, number=number) for number, one in enumerate(folders, 1)]

    @property
    def address(self) -> str:
        """HOST:PORT of each, separated by commas."""
        return ",".join(node.address for node in self.nodes)

    @property
    def pids(self) -> dict[str, int]:
        """The process of each; another one after a restart."""
        return {node.folder.name: node.pid for node in self.nodes}

    def start(self) -> None:
        """Start all at once, and return when each knows all. Raises `JavaServerError`."""
        with ThreadPoolExecutor(len(self.nodes)) as threads:
            for started in [threads.submit(node.start) for node in self.nodes]:
                started.result()
        until = time.monotonic() + START_S
        while any(brokers_known(node.address) < len(self.nodes) for node in self.nodes):
            if time.monotonic() > until:
                raise JavaServerError("the brokers don't find each other")
            time.sleep(POLL_S)

    def stop(self) -> None:
        """End one after the other, in order as long as there are enough of them to agree to it; by force the rest."""
        for stopped, node in enumerate(self.nodes):
            if 2 * (len(self.nodes) - stopped) > len(self.nodes):
                node.stop()
            else:
                node.kill()
