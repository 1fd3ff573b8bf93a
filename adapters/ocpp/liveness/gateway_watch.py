"""The watch over the gateways: reports the sockets of a silent gateway as disconnected, in its stead."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog

from adapters.first_completed import first_completed
from adapters.ocpp.liveness.heartbeat import stream_of
from commands.log import topics
from commands.log.codec import decode, decode_desired, entry
from commands.log.record_header import read_header
from commands.ports.clock import Clock
from commands.ports.log import Entry, Log, Stored
from domain.load_control.desired import Desired
from domain.load_control.heartbeats import LOOK_MS, REASON, Held, held_in_silence
from domain.records import derived_id, input_record
from domain.records.observations import Disconnected
from domain.records.time import GatewayAlive

log_line = structlog.get_logger("gateway_watch")


class GatewayWatch:
    """Receives the heartbeats, and knows from `chargers.desired` which gateway holds which sockets.

    A report may come twice, from another watch too: its id follows from the socket. A gateway that holds a socket all
    the same reports it as connected again.
    """

    def __init__(self, log: Log, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._since_ms = 0
        self._received_ms: dict[str, int] = {}
        self._read: dict[int, int] = {}
        self._desired: dict[str, Desired] = {}

    async def run(self) -> None:
        """Watch until the log closes. Raises `LogError`; run again, it knows of no silence yet."""
        self._read = dict(await self._log.ends(topics.TIMERS))
        self._since_ms = self._clock.now_ms()
        self._received_ms, self._desired = {}, {}
        await first_completed(self._listen(), self._follow_owners(), self._look_on())

    async def _listen(self) -> None:
        async for page in self._log.tail(topics.TIMERS, dict(self._read)):
            self._receive(page)

    async def _follow_owners(self) -> None:
        async for page in self._log.tail(topics.DESIRED, {}):
            self._desired |= {stored.key: decode_desired(stored.body) for stored in page}

    async def _look_on(self) -> None:
        while True:
            await self._clock.sleep_until(self._clock.now_ms() + LOOK_MS)
            await self._look()

    async def _look(self) -> None:
        """Give up the sockets that are held in silence now."""
        now_ms = self._clock.now_ms()
        if held := self._held_in_silence(now_ms):
            # Where the watch was itself held up, there are heartbeats on the log that it has not received yet.
            await self._read_on({owner.gateway_id for _, owner in held})
            await self._give_up(self._held_in_silence(now_ms), now_ms)

    def _held_in_silence(self, now_ms: int) -> list[Held]:
        return list(held_in_silence(self._desired.values(), self._received_ms, self._since_ms, now_ms))

    async def _read_on(self, gateways: Collection[str]) -> None:
        partitions = self._log.partitions(topics.TIMERS)
        for partition in {topics.partition_of(stream_of(gateway_id), partitions) for gateway_id in gateways}:
            while page := await self._log.read(topics.TIMERS, partition, self._read.get(partition, 0)):
                self._receive(page)

    def _receive(self, page: Sequence[Stored]) -> None:
        for stored in page:
            partition, offset = stored.position.partition, stored.position.offset
            if offset <= self._read.get(partition, 0):
                continue
            self._read[partition] = offset
            if read_header(stored.body).type == GatewayAlive.type_name:
                self._received_ms[decode(stored.body).data.gateway_id] = self._clock.now_ms()  # type: ignore[attr-defined]

    async def _give_up(self, held: Sequence[Held], now_ms: int) -> None:
        """Report them; what is decided then, or later, of one of these chargers comes back as a new row."""
        for desired, owner in held:
            log_line.warning("charger given up", charger=desired.charger_id, gateway=owner.gateway_id, reason=REASON)
            del self._desired[desired.charger_id]
        ended = {owner.connection_id: (desired, owner) for desired, owner in held}  # once for all outlets of a charger
        await self._log.append(topics.inputs("load"), [_ended(one, now_ms) for one in ended.values()])


def _ended(held: Held, now_ms: int) -> Entry:
    """The end of a socket, which its gateway can't report."""
    desired, owner = held
    ended = Disconnected(charger_id=desired.charger_id, connection_id=owner.connection_id, reason=REASON)
    record_id = derived_id("silence", owner.connection_id, owner.epoch)
    stream = topics.stream("load", desired.site_id)
    return entry(input_record(record_id, "/gateway-watch", stream, now_ms, ended, actor=desired.charger_id))
