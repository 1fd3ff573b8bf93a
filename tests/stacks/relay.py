"""A line between a charger and the server: it passes bytes on, reads the WebSocket frames in them, and can be cut."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ProtocolError
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

CALL, CALL_RESULT, CALL_ERROR = 2, 3, 4
END_OF_HANDSHAKE = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Message:
    """A frame of OCPP-J. `action` is that of the call, in an answer too."""

    from_charger: bool
    kind: int
    id: str
    action: str
    payload: Any


class Texts:
    """Reads the text frames of one direction of a WebSocket, however its bytes are cut. No extension is spoken."""

    def __init__(self, take: Callable[[str], None], *, masked: bool) -> None:
        self._take = take
        self._masked = masked
        self._head: bytes | None = b""
        self._stream = StreamReader()
        self._text = b""
        self._parser = self._parse()
        next(self._parser)

    def feed(self, data: bytes) -> None:
        if self._head is not None:
            self._head, end, data = (self._head + data).partition(END_OF_HANDSHAKE)
            if not end:
                return
            self._head = None
        self._stream.feed_data(data)
        next(self._parser)

    def _parse(self) -> Generator[None, None, None]:
        while True:
            frame = yield from Frame.parse(self._stream.read_exact, mask=self._masked)
            if frame.opcode in (Opcode.TEXT, Opcode.CONT):
                self._text += frame.data
                if frame.fin:
                    text, self._text = self._text, b""
                    self._take(text.decode())


@dataclass
class Relay:
    """Listens on a port of its own for one charger. `on_news` is called after each message and each lost connection.

    `sent` and `received` count the messages of the present connection, as the charger sees them. `open_calls` are the
    calls that wait for their answer, by their sender and id.
    """

    server_port: int
    on_news: Callable[[], None]
    messages: list[Message] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    open_calls: dict[tuple[bool, str], str] = field(default_factory=dict)
    sent: int = 0
    received: int = 0
    is_cut: bool = False
    port: int = 0

    async def __aenter__(self) -> Relay:
        self._connections: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def cut(self) -> None:
        """Drop the connection and let no new one through."""
        self.is_cut = True
        for connection in self._connections:
            connection.cancel()

    def mend(self) -> None:
        self.is_cut = False

    @property
    def wrong(self) -> list[Message | str]:
        """What neither side should have sent: errors, and what is no message at all."""
        return [*(one for one in self.messages if one.kind == CALL_ERROR), *self.failures]

    def called(self, *, from_charger: bool) -> list[Message]:
        """The calls of one side."""
        return [one for one in self.messages if one.kind == CALL and one.from_charger == from_charger]

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._join(reader, writer))
        self._connections.add(connection)

        def ended(connection: asyncio.Task[None]) -> None:
            self._connections.discard(connection)
            writer.transport.abort()
            self.on_news()

        connection.add_done_callback(ended)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            return
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        self.sent = self.received = 0
        self.open_calls.clear()
        try:
            passing = [
                asyncio.create_task(self._pass(reader, server_writer, from_charger=True)),
                asyncio.create_task(self._pass(server_reader, writer, from_charger=False)),
            ]
            await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            server_writer.transport.abort()
            for one in passing:
                one.cancel()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, from_charger: bool) -> None:
        texts = Texts(lambda text: self._record(text, from_charger=from_charger), masked=from_charger)
        with suppress(ConnectionError), self._noting():
            while data := await reader.read(65_536):
                texts.feed(data)
                writer.write(data)
                await writer.drain()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """What can't be read ends the connection."""
        try:
            yield
        except (ValueError, LookupError, ProtocolError) as error:
            self.failures.append(repr(error))

    def _record(self, text: str, *, from_charger: bool) -> None:
        kind, id_, *rest = json.loads(text)
        if kind == CALL:
            action, payload = rest
            self.open_calls[from_charger, id_] = action
        else:
            action, payload = self.open_calls.pop((not from_charger, id_)), rest if kind == CALL_ERROR else rest[0]
        self.messages.append(Message(from_charger, kind, id_, action, payload))
        self.sent += from_charger
        self.received += not from_charger
        self.on_news()
