"""TLS, certificates and passwords on a real broker: who fits is let in everywhere, who doesn't hears why."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import KafkaError
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from structlog.testing import capture_logs
from typer.testing import CliRunner

from adapters.log.kafka import faust_host
from adapters.log.kafka.connectivity import admin_client
from adapters.log.kafka.errors import ErrorReporter
from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from adapters.log.kafka.topics import make_topics
from commands.log.topics import EVENTS, inputs
from commands.ports.log import Entry, LogError, Stored
from services.base.logs import open_log
from services.cli.app import app
from services.local.broker import Broker, running
from services.local.broker_security import MUTUAL_TLS, SCRAM, TLS, Security
from services.parts.base import Base
from services.parts.faust import FaustPart
from tests.adapters.log.kafka.certificates import Authority
from tests.adapters.log.kafka.faust.process import serve

PASSWORD, WRONG = "wonderland", "looking-glass"
KEY_PASSWORD = "rabbit-hole"
SITES = inputs("sites")
HANGS_S = 30
CREATE_CONTEXT = ssl.create_default_context


@dataclass(frozen=True, slots=True)
class Secured:
    """A broker with listeners that ask, its key and certificate, its authority, and one that it doesn't know."""

    broker: Broker
    identity: Path
    authority: Authority
    stranger: Authority

    def settings(self, listener: str, **more: Any) -> KafkaSettings:
        """Of a client that trusts the broker, on topics of its own."""
        told = {"brokers": self.broker.secured[listener], "prefix": f"{uuid4().hex[:8]}.", "worker": "one"}
        return KafkaSettings(**(told | {"tls": True, "ca_file": self.authority.file} | more))

    def with_topics(self, listener: str, **more: Any) -> KafkaSettings:
        settings = self.settings(listener, **more)
        make_topics(AdminClient(settings.client()), settings.prefix, partitions=2, replication=1)
        return settings


@pytest.fixture(scope="module")
def secured(kafka: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """A broker of its own; skipped where the shared one does not run either."""
    folder = tmp_path_factory.mktemp("secured")
    authority, stranger = Authority(folder, "authority"), Authority(folder, "stranger")
    security = Security(with_key(authority.issue("broker")), authority.file, {"alice": PASSWORD, "carol": PASSWORD})
    with running(folder / "kafka", security) as broker:
        yield Secured(broker, security.identity, authority, stranger)


def with_key(issued: tuple[Path, Path]) -> Path:
    """The file with a key and its certificate."""
    certificate, key = issued
    both = certificate.with_suffix(".pem")
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


def show(broker: Broker, listener: str, identity: Path) -> None:
    """Let the broker show this certificate from now on; what it is told reaches the listener a little later."""
    entry = ConfigEntry(
        f"listener.name.{listener.lower()}.ssl.keystore.location",
        str(identity),
        incremental_operation=AlterConfigOpType.SET,
    )
    told = ConfigResource(ResourceType.BROKER, "1", incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": broker.address})
    admin.incremental_alter_configs([told])[told].result()
    host, _, port = broker.secured[listener].partition(":")
    while ssl.get_server_certificate((host, int(port))) not in identity.read_text():
        time.sleep(0.05)


def is_let_in(settings: KafkaSettings) -> bool:
    try:
        admin_client(settings)
    except LogError:
        return False
    return True


@contextmanager
def with_an_older_certificate(secured: Secured, listener: str) -> Iterator[None]:
    """The broker shows one there, for a while."""
    show(secured.broker, listener, with_key(secured.authority.issue("broker", older=True)))
    try:
        yield
    finally:
        show(secured.broker, listener, secured.identity)


@asynccontextmanager
async def closing(log: KafkaLog) -> AsyncIterator[KafkaLog]:
    """The log, which leaves no client behind when the test fails."""
    try:
        yield log
    finally:
        await log.close()


def shown(authority: Authority, password: str | None = None) -> dict[str, Any]:
    certificate, key = authority.issue(f"client-{uuid4().hex[:8]}", password)
    return {"certificate_file": certificate, "key_file": key, "key_password": password}


WAYS: dict[str, tuple[str, Callable[[Secured], dict[str, Any]]]] = {
    "TLS": (TLS, lambda _: {}),
    "certificate": (MUTUAL_TLS, lambda secured: shown(secured.authority)),
    "certificate whose key is sealed": (MUTUAL_TLS, lambda secured: shown(secured.authority, KEY_PASSWORD)),
    "SCRAM-SHA-512": (SCRAM, lambda _: {"username": "alice", "password": PASSWORD}),
    "SCRAM-SHA-256": (SCRAM, lambda _: {"username": "alice", "password": PASSWORD, "sasl_mechanism": "SCRAM-SHA-256"}),
}
REFUSALS: dict[str, tuple[str, Callable[[Secured], dict[str, Any]], str]] = {
    "wrong password": (SCRAM, lambda _: {"username": "alice", "password": WRONG}, "invalid credentials"),
    "unknown user": (SCRAM, lambda _: {"username": "bob", "password": WRONG}, "invalid credentials"),
    "a password where none is asked": (TLS, lambda _: {"username": "alice", "password": WRONG}, "SASL SCRAM-SHA-512"),
    "unknown authority": (TLS, lambda secured: {"ca_file": secured.stranger.file}, "certificate could not be verified"),
    "another host's certificate": (
        TLS,
        lambda secured: {"brokers": secured.broker.secured[TLS].replace("127.0.0.1", "localhost")},
        "certificate could not be verified",
    ),
    "no certificate": (MUTUAL_TLS, lambda _: {}, "certificate required"),
    "a stranger's certificate": (MUTUAL_TLS, lambda secured: shown(secured.stranger), "SSL alert"),
    "a sealed key": (
        MUTUAL_TLS,
        lambda secured: shown(secured.authority, KEY_PASSWORD) | {"key_password": WRONG},
        "the settings of Kafka can't be used: .*ssl.key.location",
    ),
}
NO_REASON: dict[str, tuple[str, dict[str, Any]]] = {
    "no TLS": (TLS, {"tls": False, "ca_file": None}),
    "no password": (SCRAM, {}),
}


@pytest.mark.parametrize("way", WAYS)
async def test_the_settings_reach_every_client(
    secured: Secured, way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The command that makes topics, and of a log what appends, writes transactions, reads, follows and consumes."""
    listener, told_of = WAYS[way]
    settings = secured.settings(listener)
    for name, value in (settings.model_dump(exclude_unset=True) | told_of(secured)).items():
        if value is not None:
            monkeypatch.setenv(f"COMMONWATT_KAFKA_{name.upper()}", str(value))
    done = CliRunner().invoke(app, ["topics", "--partitions", "2", "--replication", "1"])
    assert done.exit_code == 0, done.output

    log = open_log(tmp_path)
    assert isinstance(log, KafkaLog)
    async with closing(log), asyncio.timeout(HANGS_S):
        [place] = await log.append(EVENTS, [Entry("sites:a", b"1")])
        await log.append(SITES, [Entry("sites:a", b"2"), Entry("sites:b", b"3")])
        assert [stored.body for stored in await log.read(EVENTS, place.partition)] == [b"1"]
        async for page in log.tail(EVENTS, {}):
            assert [stored.body for stored in page] == [b"1"]
            break
        consumer = log.consumer("sites")
        consumed: list[bytes] = []
        while len(consumed) < 2:
            batch = await consumer.poll()
            await batch.commit([(EVENTS, Entry(stored.key, stored.body)) for stored in batch.records], {})
            consumed += [stored.body for stored in batch.records]
        while await log.consumed("sites") != await log.ends(SITES):
            await asyncio.sleep(0.05)
        found = [await log.read(EVENTS, partition) for partition in range(2)]
    assert sorted(stored.body for page in found for stored in page) == [b"1", b"2", b"3"]


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_what_will_never_do_is_told_at_once_and_why(secured: Secured, refusal: str) -> None:
    listener, told_of, words = REFUSALS[refusal]
    settings = secured.settings(listener, **told_of(secured), confirm_timeout_s=2 * HANGS_S)
    async with asyncio.timeout(HANGS_S):
        with pytest.raises(LogError, match=words) as refused:
            await asyncio.to_thread(KafkaLog.open, settings)
    assert WRONG not in str(refused.value)


@pytest.mark.parametrize("refusal", NO_REASON)
def test_where_the_broker_says_nothing_the_likely_reason_is_told_in_time(secured: Secured, refusal: str) -> None:
    listener, told = NO_REASON[refusal]
    with pytest.raises(LogError, match="does it require TLS, or a password"):
        KafkaLog.open(secured.settings(listener, **told, confirm_timeout_s=1))


def test_tls_where_there_is_none_is_told(secured: Secured) -> None:
    settings = secured.settings(TLS, brokers=secured.broker.address, confirm_timeout_s=1)
    with pytest.raises(LogError, match=r"connecting to a PLAINTEXT broker listener|SSL connection closed by peer"):
        KafkaLog.open(settings)


def test_the_command_says_why_too_and_no_password(secured: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = secured.settings(SCRAM)
    monkeypatch.setenv("COMMONWATT_KAFKA_TLS", "true")
    monkeypatch.setenv("COMMONWATT_KAFKA_CA_FILE", str(settings.ca_file))
    monkeypatch.setenv("COMMONWATT_KAFKA_USERNAME", "alice")
    monkeypatch.setenv("COMMONWATT_KAFKA_PASSWORD", WRONG)
    refused = CliRunner().invoke(app, ["topics", "--brokers", settings.brokers])
    assert refused.exit_code == 1
    assert "invalid credentials" in refused.output
    assert WRONG not in refused.output


async def test_a_password_that_is_no_longer_good_is_told_in_the_log_lines(secured: Secured) -> None:
    settings = secured.with_topics(SCRAM, username="carol", password=PASSWORD)
    admin = AdminClient({"bootstrap.servers": secured.broker.address})
    changed = UserScramCredentialUpsertion(
        "carol", ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 8192), WRONG.encode()
    )

    async def follow(log: KafkaLog) -> None:
        async for _ in log.tail(EVENTS, {}):
            raise AssertionError("nothing is there to be told")

    with capture_logs() as lines:
        async with closing(KafkaLog.open(settings)) as log:
            admin.alter_user_scram_credentials([changed])["carol"].result()
            while await asyncio.to_thread(is_let_in, settings):  # what the brokers are told takes a moment
                await asyncio.sleep(0.05)
            following = asyncio.create_task(follow(log))
            async with asyncio.timeout(HANGS_S):
                while not lines:
                    await asyncio.sleep(0.05)
        await following
    assert all("invalid credentials" in line["reason"] for line in lines)
    assert PASSWORD not in str(lines)


def test_a_client_that_is_refused_again_and_again_says_so_once() -> None:
    reporter = ErrorReporter()
    with capture_logs() as lines:
        reporter(KafkaError(KafkaError._TRANSPORT, "a broker is away (after 3ms in state CONNECT)"))
        reporter(KafkaError(KafkaError._AUTHENTICATION, "not you (after 3ms in state AUTH_REQ)"))
        reporter(KafkaError(KafkaError._AUTHENTICATION, "not you (after 4ms in state AUTH_REQ)"))
    assert [line["reason"] for line in lines] == ["not you"]


@pytest.mark.parametrize("way", ["certificate whose key is sealed", "SCRAM-SHA-512", "SCRAM-SHA-256"])
async def test_faust_is_let_in_by_the_same_settings(secured: Secured, way: str) -> None:
    listener, told_of = WAYS[way]
    settings = secured.with_topics(listener, **told_of(secured))
    kept: asyncio.Queue[Stored] = asyncio.Queue()

    async def keep(batch: list[Stored]) -> None:
        for stored in batch:
            kept.put_nowait(stored)

    async with closing(KafkaLog.open(settings)) as log:
        await log.append(EVENTS, [Entry("sites:a", b"1")])
    stopping = asyncio.Event()
    worker = await faust_host.worker(settings, "kept", {EVENTS: keep}, 0.1)
    working = asyncio.create_task(faust_host.run(worker, stopping))
    try:
        async with asyncio.timeout(HANGS_S):
            assert (await kept.get()).body == b"1"
    finally:
        stopping.set()
        async with asyncio.timeout(HANGS_S):
            await working


def strict(**told: Any) -> ssl.SSLContext:
    """As Python makes them from 3.13 on."""
    context = CREATE_CONTEXT(**told)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


async def keep_nothing(_: Sequence[Stored]) -> None: ...


async def idle() -> None: ...


def test_faust_tells_why_it_refuses_a_broker_that_librdkafka_accepts(
    secured: Secured, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(ssl, "create_default_context", strict)
    monkeypatch.setattr("services.base.logging.configure", lambda: None)
    settings = secured.with_topics(TLS)

    def part(_: Base, kafka: KafkaSettings) -> FaustPart:
        return FaustPart("kept", kafka, {EVENTS: keep_nothing}, 0.1, idle)

    with with_an_older_certificate(secured, TLS):
        assert serve(settings.model_dump_json(exclude_unset=True), str(tmp_path), part) == 1
    told = capsys.readouterr().err
    assert f"refuses the broker {settings.brokers}, which librdkafka accepts: Missing Authority Key Identifier" in told
    assert "COMMONWATT_KAFKA_CA_FILE" in told
