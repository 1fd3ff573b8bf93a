"""A TCP proxy between clients and the broker that can hold back one end of a transaction, or the answer to it.

It can also refuse records in the broker's place, as one does that does not lead their partition yet, or that lost data.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import Literal

from services.local.broker import HOST, Broker

PRODUCE, END_TXN = 0, 26
"""The numbers that Kafka's protocol gives to requests that write records, and to those that end a transaction."""
NOT_LEADER, OUT_OF_ORDER = 6, 45
"""Its numbers of errors: to be asked again; and that records before these are missing."""

Part = Literal["request", "answer"]


class Proxy(ThreadingTCPServer):
    """Passes frames on; one that is held back waits until `release`, and what comes after overtakes it."""

    allow_reuse_address = True

    def __init__(self, broker: Broker) -> None:
        super().__init__((HOST, broker.proxy), Connection)
        self.target = broker.behind_proxy
        self.held = Event()
        self.clients: set[socket.socket] = set()
        self.refuses: tuple[str, int, int] | None = None
        """The topic and partition of which the next request to write is refused, before another is passed on; why."""
        self._refusal: Callable[[], None] | None = None
        self._part: Part | None = None
        self._released = Event()

    def hold(self, part: Part) -> None:
        """Hold back the next end of a transaction on its way to the broker, or what the broker answers to it."""
        self._part = part

    def release(self) -> None:
        self._released.set()

    def cut(self) -> None:
        """End all connections."""
        self.release()
        for client in tuple(self.clients):
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def will_refuse(self, correlation: bytes, client: socket.socket) -> bool:
        """Whether this request to write is refused, by `refuse`, or when another comes."""
        self.refuse()
        if self.refuses is None:
            return False
        self._refusal = partial(client.sendall, refusal(correlation, *self.refuses))
        self.refuses = None
        self.held.set()
        return True

    def refuse(self) -> None:
        send, self._refusal = self._refusal, None
        if send is not None:
            send()

    def takes(self, part: Part, send: Callable[[], None]) -> bool:
        """Whether this frame is held back; then it is sent later."""
        if self._part != part:
            return False
        self._part = None
        self.held.set()
        Thread(target=self._send_later, args=[send]).start()
        return True

    def _send_later(self, send: Callable[[], None]) -> None:
        self._released.wait()
        with suppress(OSError):
            send()


class Connection(BaseRequestHandler):
    """A client's connection and the one to the broker."""

    server: Proxy
    request: socket.socket

    def handle(self) -> None:
        ends: set[bytes] = set()
        self.server.clients.add(self.request)
        with socket.create_connection((HOST, self.server.target)) as broker, suppress(OSError):
            answers = Thread(target=self._answers, args=[broker, ends])
            answers.start()
            for frame in frames(self.request):
                if int.from_bytes(frame[4:6]) == PRODUCE and self.server.will_refuse(frame[8:12], self.request):
                    continue
                is_end = int.from_bytes(frame[4:6]) == END_TXN
                if is_end:
                    ends.add(frame[8:12])
                if not (is_end and self.server.takes("request", lambda frame=frame: broker.sendall(frame))):
                    broker.sendall(frame)
            with suppress(OSError):
                broker.shutdown(socket.SHUT_RDWR)
            answers.join()

    def _answers(self, broker: socket.socket, ends: set[bytes]) -> None:
        with suppress(OSError):
            for frame in frames(broker):
                send = lambda frame=frame: self.request.sendall(frame)  # noqa: E731
                if not (frame[4:8] in ends and self.server.takes("answer", send)):
                    send()
        with suppress(OSError):
            self.request.shutdown(socket.SHUT_RDWR)


def refusal(correlation: bytes, topic: str, partition: int, error: int) -> bytes:
    """The answer (version 10) that nothing was written."""
    name = topic.encode()
    places = (-1).to_bytes(8, signed=True) * 3  # offset, time, start of the log
    refused = partition.to_bytes(4) + error.to_bytes(2) + places + b"\x01\x00\x00"
    answer = correlation + b"\x00" + b"\x02" + bytes([len(name) + 1]) + name + b"\x02" + refused + b"\x00" + bytes(5)
    return len(answer).to_bytes(4) + answer


def frames(source: socket.socket) -> Iterator[bytes]:
    """What Kafka's protocol sends at once: four bytes that tell the size, and so many bytes."""
    with source.makefile("rb") as stream:
        while len(size := stream.read(4)) == 4:
            yield size + stream.read(int.from_bytes(size))


@contextmanager
def proxied(broker: Broker) -> Iterator[Proxy]:
    """A proxy where clients of the broker's second listener are told to go."""
    with Proxy(broker) as proxy:
        serving = Thread(target=proxy.serve_forever, args=[0.05])
        serving.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            proxy.cut()
            serving.join()
