"""The WebSocket between a charge point and its central system: one at a time, calls in turn, frames counted."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from uuid import uuid4

from websockets.exceptions import ConnectionClosed

from simulators.charger.dial import Dial, Socket, web_socket
from simulators.charger.frames import BadFrame, Call, Error, Payload, Result, parse
from simulators.time.virtual_time import Alarm, VirtualTime

CALL_TIMEOUT_S = 60
MAX_ATTEMPTS = 3


class CallFailed(Exception):
    """A call that was not answered by a result: `ConnectionLost`, `Timeout`, or the code of the error that came."""

    def __init__(self, action: str, code: str, description: str = "") -> None:
        super().__init__(f"{action}: {code} {description}".rstrip())
        self.code = code


@dataclass(slots=True, eq=False)
class Transaction:
    """A transaction as its charge point knows it; the central system gives the id."""

    token: str
    started_ms: int
    meter_start_wh: int
    id: int | None = None


@dataclass(slots=True, eq=False)
class Outgoing:
    """A call to send. A call of a transaction waits for its id; a `persistent` one survives an outage."""

    action: str
    fields: Payload
    answer: asyncio.Future[Payload] | None = None
    transaction: Transaction | None = None
    persistent: bool = False
    attempts: int = 0
    timer: Alarm | None = None

    def payload(self) -> Payload | None:
        if self.transaction is None:
            return self.fields
        return None if self.transaction.id is None else {**self.fields, "transactionId": self.transaction.id}

    def fail(self, code: str, description: str = "") -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(CallFailed(self.action, code, description))


class Link:
    """Connects, calls and is called. `on_call` answers a call at once; `on_lost` follows the loss of a connection."""

    def __init__(
        self,
        time: VirtualTime,
        url: str,
        ocpp_id: str,
        password: str,
        *,
        calls_at_once: int = 1,
        answer_delay_s: float = 0.0,
        persists_queue: bool = True,
        dial: Dial = web_socket,
    ) -> None:
        self._time = time
        self._dial = dial
        self._url = f"{url.rstrip('/')}/{ocpp_id}"
        self._authorization = "Basic " + b64encode(f"{ocpp_id}:{password}".encode()).decode()
        self._calls_at_once = calls_at_once
        self._answer_delay_s = answer_delay_s
        self._persists_queue = persists_queue
        self.on_call: Callable[[Call], Result | Error] = lambda call: Error(call.id, "NotImplemented")
        self.on_lost: Callable[[], None] = lambda: None
        self.on_result: Callable[[str, Payload, Payload], None] = lambda action, fields, answer: None
        """Called with the action, the payload and the result of each call that was answered by one."""
        self.registered = False
        """Until the central system accepted its boot, nothing but BootNotification is sent."""
        self.sent = 0
        self.received = 0
        self.errors: list[str] = []
        """Errors that the central system answered, and calls it never answered."""
        self._socket: Socket | None = None
        self._to_write: asyncio.Queue[str] = asyncio.Queue()
        self._outbox: deque[Outgoing] = deque()
        self._pending: dict[str, Outgoing] = {}
        self._prefix = uuid4().hex[:12]
        self._number = count(1)

    @property
    def connected(self) -> bool:
        return self._socket is not None

    @property
    def idle(self) -> bool:
        """Whether every call is sent and answered."""
        return not (self._pending or self._outbox)

    async def connect(self) -> None:
        """Open a socket. Raises `CouldNotConnect`."""
        self._socket = socket = await self._dial(self._url, self._authorization)
        self.sent = self.received = 0
        self._to_write = asyncio.Queue()
        writer = self._time.attend(self._write(socket, self._to_write))
        self._time.attend(self._read(socket, writer))

    async def call(
        self,
        action: str,
        fields: Payload,
        *,
        first: bool = False,
        persistent: bool = False,
        transaction: Transaction | None = None,
    ) -> Payload:
        """Call and wait for the answer. `persistent` calls wait for a connection. Raises `CallFailed`."""
        answer: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._enqueue(Outgoing(action, fields, answer, transaction, persistent), first)
        return await self._time.park(answer)

    def send(
        self, action: str, fields: Payload, *, persistent: bool = False, transaction: Transaction | None = None
    ) -> None:
        """Call without waiting; an error that comes back is only noted in `errors`."""
        self._enqueue(Outgoing(action, fields, None, transaction, persistent))

    def pump(self) -> None:
        """Send what may be sent now."""
        while self.connected and self._outbox and len(self._pending) < self._calls_at_once:
            outgoing = self._outbox[0]
            payload = outgoing.payload()
            if payload is None or not (self.registered or outgoing.action == "BootNotification"):
                return
            self._outbox.popleft()
            outgoing.attempts += 1
            id_ = f"{self._prefix}-{next(self._number)}"
            self._pending[id_] = outgoing
            outgoing.timer = self._time.at(self._time.now_ms + CALL_TIMEOUT_S * 1000, partial(self._unanswered, id_))
            self._transmit(Call(id_, outgoing.action, payload).text())

    def discard(self, transaction: Transaction) -> None:
        """Drop the calls of this transaction that are not sent yet."""
        self._outbox = deque(outgoing for outgoing in self._outbox if outgoing.transaction is not transaction)

    def drop(self) -> None:
        """Abort the connection, as a dead line does."""
        if self._socket is not None:
            self._socket.abort()
            self._lost(self._socket)

    async def close(self) -> None:
        """Close the WebSocket in order."""
        if self._socket is not None:
            await self._socket.close()

    def _enqueue(self, outgoing: Outgoing, first: bool = False) -> None:
        if not self.connected and not (outgoing.persistent and self._persists_queue):
            outgoing.fail("ConnectionLost")
            return
        if first:
            self._outbox.appendleft(outgoing)
        else:
            self._outbox.append(outgoing)
        self.pump()

    def _transmit(self, text: str) -> None:
        self.sent += 1
        self._to_write.put_nowait(text)

    async def _write(self, socket: Socket, queue: asyncio.Queue[str]) -> None:
        try:
            while True:
                await socket.send(await queue.get())
        except ConnectionClosed:
            pass  # the reader notices

    async def _read(self, socket: Socket, writer: asyncio.Task[object]) -> None:
        try:
            while socket is self._socket:
                text = await socket.receive()
                if socket is not self._socket:
                    break
                self.received += 1
                self._take(text)
                self._time.arrived.set()
        except ConnectionClosed:
            pass  # however it ended, it is lost
        finally:
            writer.cancel()
            self._lost(socket)

    def _lost(self, socket: Socket) -> None:
        if socket is not self._socket:
            return
        self._socket = None
        for outgoing in self._pending.values():
            if outgoing.timer is not None:
                outgoing.timer.cancel()
        undone = [*self._pending.values(), *self._outbox]
        self._pending.clear()
        self._outbox = deque(outgoing for outgoing in undone if outgoing.persistent and self._persists_queue)
        for outgoing in undone:
            if outgoing not in self._outbox:
                outgoing.fail("ConnectionLost")
        self._time.arrived.set()
        self.on_lost()

    def _take(self, text: str | bytes) -> None:
        try:
            frame = parse(text)
        except BadFrame as error:
            self._transmit(Error("-1", "FormationViolation", str(error)).text())
            return
        if isinstance(frame, Call):
            answer = self.on_call(frame).text()
            if self._answer_delay_s:
                socket = self._socket
                self._time.at(
                    self._time.now_ms + round(self._answer_delay_s * 1000),
                    lambda: self._transmit(answer) if self._socket is socket else None,
                )
            else:
                self._transmit(answer)
            return
        outgoing = self._pending.pop(frame.id, None)
        if outgoing is None:
            self.errors.append(f"an answer to no call: {frame.id}")
            return
        if outgoing.timer is not None:
            outgoing.timer.cancel()
        if isinstance(frame, Error):
            self.errors.append(f"{outgoing.action}: {frame.code} {frame.description}")
            outgoing.fail(frame.code, frame.description)
        else:
            self.on_result(outgoing.action, outgoing.payload() or {}, frame.payload)
            if outgoing.answer is not None and not outgoing.answer.done():
                outgoing.answer.set_result(frame.payload)
        self.pump()

    def _unanswered(self, id_: str) -> None:
        outgoing = self._pending.pop(id_)
        self.errors.append(f"{outgoing.action}: not answered within {CALL_TIMEOUT_S} s")
        if outgoing.persistent and outgoing.attempts < MAX_ATTEMPTS:
            self._outbox.appendleft(outgoing)
        else:
            outgoing.fail("Timeout")
        self.pump()
