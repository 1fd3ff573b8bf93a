"""Connections to QuestDB over PostgreSQL's wire protocol, for work that may be repeated."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.numeric import Int8Dumper

from commands.ports.series import SeriesUnavailable

T = TypeVar("T")
Work = Callable[[psycopg.Connection], T]
DEFAULTS: dict[str, Any] = {"port": "8812", "dbname": "qdb", "connect_timeout": "5"}
ANSWER_S = 90
"""The time for one unit of work: longer than the server takes to apply a commit."""


class Connections:
    """A pool that grows with use. Connections that a restart of the server broke are replaced."""

    def __init__(self, url: str) -> None:
        """`url` as postgresql://user:password@host:port/qdb. Raises `SeriesUnavailable` for any other form."""
        try:
            self._parameters = DEFAULTS | conninfo_to_dict(url)
        except psycopg.ProgrammingError:  # its text may quote the password
            self._parameters = {}
        if "host" not in self._parameters or not url.startswith("postgresql://"):
            raise SeriesUnavailable("the time series' URL is not of the form postgresql://user:password@host:port/qdb")
        self._server = "QuestDB at {host}:{port}".format_map(self._parameters)
        self._idle: deque[psycopg.Connection] = deque()

    async def use(self, work: Work[T]) -> T:
        """Call `work` with a connection, in a thread. Raises `SeriesUnavailable`, and `psycopg.Error` if refused."""
        return await asyncio.to_thread(self.run, work)

    def run(self, work: Work[T]) -> T:
        """Call `work` with a connection; once again if the connection turns out to be broken."""
        try:
            return self._run(work)
        except psycopg.OperationalError:
            self.close()
        try:
            return self._run(work)
        except psycopg.OperationalError as error:
            raise SeriesUnavailable(f"the connection to {self._server} was lost: {error}") from error

    def close(self) -> None:
        """Close the connections that are not in use."""
        while connection := self._taken():
            connection.close()

    def _run(self, work: Work[T]) -> T:
        connection = self._taken() or self._connected()
        try:
            with _cut_after_timeout(connection):
                result = work(connection)
        except BaseException:
            connection.close()  # which rolls back what was not committed
            raise
        self._idle.append(connection)
        return result

    def _taken(self) -> psycopg.Connection | None:
        with suppress(IndexError):
            return self._idle.pop()
        return None

    def _connected(self) -> psycopg.Connection:
        try:
            connection = psycopg.connect(**self._parameters, autocommit=True)
        except psycopg.OperationalError as error:
            if "password" in str(error):
                raise SeriesUnavailable(f"{self._server} refuses this user and password") from None
            raise SeriesUnavailable(f"{self._server} can't be reached: {error}") from None
        connection.adapters.register_dumper(int, Int8Dumper)  # one type, whatever the number: one prepared statement
        return connection


@contextmanager
def _cut_after_timeout(connection: psycopg.Connection) -> Iterator[None]:
    """Cut the connection after `ANSWER_S`: a frozen server can't apply its own time-outs."""
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        timer = threading.Timer(ANSWER_S, _cut, [line])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def _cut(line: socket.socket) -> None:
    with suppress(OSError):  # the server has closed it
        line.shutdown(socket.SHUT_RDWR)
