"""Hosting by Faust of handlers that are bound by I/O and may be repeated: one for the batches of each topic.

Faust provides the group, the partitions, the batches and the positions; it has no tables. Its pitfalls are avoided:
- A batch is acknowledged once it is handled (`noack_take`). `take_events` acknowledges in a `finally`, which would lose
  a batch that a stop or a rebalance interrupts.
- No exception leaves an agent, since Faust would skip the batch: it is retried, and meanwhile no other batch is read.
- Faust reads uncommitted records, unless it uses transactions itself: `_Committed` sets the isolation level.
- A fetch that waits during a rebalance returns records before Faust's streams are active again. Faust drops them, and
  goes back to the committed position, or nowhere if there is none: `_Committed` seeks back to them.
- A transaction leaves a gap between offsets. Faust counts the record behind it as part of the gap, too, and a position
  that exists twice ends a commit, after one transaction each time. `_CommittedConsumer` ends the gap before it.
- Faust makes folders for tables in the current folder, which may be read-only: `_Tableless` makes none.
- Faust neither creates topics nor uses a leader topic (`topic_disable_leader`): `./commonwatt topics` creates them.
- A rebalance does not wait for handlers under way (`stream_wait_empty`): the next owner repeats their batches.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar

import faust
import stamina
import structlog
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport

from adapters.log.kafka.faust_tls import verified
from adapters.log.kafka.settings import MESSAGE_LIMIT_BYTES, KafkaSettings
from commands.ports.log import Position, Stored

Handler = Callable[[Sequence[Stored]], Awaitable[None]]

BATCH = 1000
FETCH_S = 0.1
TOGETHER_BYTES = 2**16
"""Less than this is fetched together, after `FETCH_S`: each fetch has its cost, and nobody waits for these records."""
COMMIT_EVERY_S = 0.5
RETRY_AT_MOST_EVERY_S = 5
PATIENCE_S = 24 * 3600.0
"""How long a batch may be retried before the brokers assign its partitions to another worker."""

log_line = structlog.get_logger("faust")


class _Committed(AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"  # set before the start: there is no setting for these
        consumer._fetch_min_bytes, consumer._fetch_max_wait_ms = TOGETHER_BYTES, round(FETCH_S * 1000)
        return consumer

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: set[faust.types.TP],
        timeout: float | None = None,
        max_records: int | None = None,
    ) -> Mapping[faust.types.TP, list[Any]]:
        fetched = await super()._fetch_records(consumer, active_partitions, timeout, max_records)
        if self.consumer.flow_active:
            return fetched
        for partition, records in fetched.items():
            consumer.seek(partition, records[0].offset)
        return {}


class _CommittedConsumer(Consumer):
    def _new_consumer_thread(self) -> _Committed:
        return _Committed(self, loop=self.loop, beacon=self.beacon)

    async def _add_gap(self, tp: faust.types.TP, first: int, behind: int) -> None:
        await super()._add_gap(tp, first, behind - 1)


class _CommittedTransport(Transport):
    Consumer: ClassVar[type] = _CommittedConsumer


class _Tableless(faust.App):
    def _create_directories(self) -> None: ...


async def worker(settings: KafkaSettings, group: str, handlers: Mapping[str, Handler], within_s: float) -> faust.App:
    """A member of `group` that passes the committed records of each topic to its handler, in batches.

    A batch has the records of `within_s`, but at most `BATCH`. Handlers must recognise repeats. Call this in the event
    loop that runs the worker. Raises `LogError` where Faust's client does not trust a broker.
    """
    app = _Tableless(
        settings.prefix + group,
        broker=[f"kafka://{address}" for address in settings.brokers.split(",")],
        broker_credentials=_credentials(settings, await verified(settings)),
        broker_session_timeout=settings.session_timeout_ms / 1000,
        broker_heartbeat_interval=settings.session_timeout_ms / 4000,
        broker_rebalance_timeout=settings.session_timeout_ms / 1000,
        broker_max_poll_interval=PATIENCE_S,
        broker_commit_interval=COMMIT_EVERY_S,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=MESSAGE_LIMIT_BYTES,
        processing_guarantee="at_least_once",
        stream_wait_empty=False,
        store="memory://",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
    )
    app.transport = _CommittedTransport(app.conf.broker_consumer, app, loop=app.loop)
    for topic, handler in handlers.items():
        channel = app.topic(settings.prefix + topic, key_serializer="raw", value_serializer="raw")
        app.agent(channel, name=f"{group}.{topic}")(_agent(handler, within_s))
    return app


async def run(app: faust.App, stopping: asyncio.Event) -> None:
    """Run a worker until `stopping` is set. Batches under way are repeated later. Raises what made Faust fail."""
    try:
        await app.start()
    except Exception:
        await app.stop()  # closes the clients that it had opened by then
        raise
    waits = [asyncio.ensure_future(stopping.wait()), asyncio.ensure_future(app.wait_until_stopped())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await app.stop()
    if app.crash_reason is not None:
        raise app.crash_reason


def _agent(handler: Handler, within_s: float) -> Callable[[Any], Awaitable[None]]:
    async def consume(stream: Any) -> None:
        async for events in stream.noack_take(BATCH, within=within_s):
            await _handled(handler, [_stored(event.message) for event in events])
            for event in events:
                await stream.ack(event)

    return consume


async def _handled(handler: Handler, batch: Sequence[Stored]) -> None:
    async for attempt in stamina.retry_context(
        on=Exception, attempts=None, timeout=None, wait_max=RETRY_AT_MOST_EVERY_S
    ):
        with attempt:
            await handler(batch)


def _stored(message: Any) -> Stored:
    """A message as the port has it. Kafka counts offsets from 0, the port from 1. Invalid keys are repaired."""
    position = Position(message.partition, message.offset + 1)
    return Stored(position, (message.key or b"").decode(errors="replace"), message.value or b"")


def _credentials(settings: KafkaSettings, context: ssl.SSLContext | None) -> faust.types.auth.CredentialsT | None:
    if settings.username and settings.password:
        return faust.SASLCredentials(
            username=settings.username,
            password=settings.password.get_secret_value(),
            mechanism=settings.sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None
