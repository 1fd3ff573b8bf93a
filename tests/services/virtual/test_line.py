"""A line between a charger and the gateway: frames in order, some lost, and cut for both ends."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from websockets.exceptions import ConnectionClosed

from commands.ports.directory import ChargerIdentity
from services.virtual.line import GatewayEnd, Line, Weather
from simulators.charger.dial import CouldNotConnect, Socket
from simulators.time.virtual_loop import run

CHARGER = ChargerIdentity("c1", "yard", (0,), 230_000)


def line(**weather: float) -> Line:
    made = Line("c1", CHARGER, Weather(Random(7), **weather))  # type: ignore[arg-type]
    made.serve = echo
    return made


async def echo(socket: GatewayEnd) -> None:
    """Answer each frame with itself."""
    try:
        while True:
            await socket.write_frame((await socket.read_frame()).encode())
    except ConnectionClosed:
        return


def test_frames_arrive_in_their_order_however_late():
    async def talks() -> list[str | bytes]:
        socket = await line(late=0.9).dial("", "")
        for number in range(50):
            await socket.send(str(number))
        return [await socket.receive() for _ in range(50)]

    assert run(talks()) == [str(number) for number in range(50)]


async def read_into(arrived: list[str | bytes], socket: Socket) -> None:
    while True:
        arrived.append(await socket.receive())


def test_of_lost_frames_nobody_hears():
    async def talks() -> list[str | bytes]:
        socket = await line(loss=0.3).dial("", "")
        for number in range(200):
            await socket.send(str(number))
        arrived: list[str | bytes] = []
        reading = asyncio.ensure_future(read_into(arrived, socket))
        await asyncio.sleep(60)
        reading.cancel()
        return arrived

    arrived = run(talks())
    assert 60 < len(arrived) < 140
    assert arrived == sorted(arrived, key=int)


def test_a_cut_ends_the_connection_at_both_ends_until_it_is_mended():
    async def talks() -> None:
        cable = line()
        socket = await cable.dial("", "")
        cable.cut()
        cable.cut()
        with pytest.raises(ConnectionClosed):
            await socket.receive()
        with pytest.raises(ConnectionClosed):
            await socket.send("1")
        for _ in range(2):
            with pytest.raises(CouldNotConnect):
                await cable.dial("", "")
            cable.mend()
        again = await cable.dial("", "")
        await again.send("2")
        assert await again.receive() == "2"

    run(talks())


def test_without_a_gateway_there_is_no_way():
    async def talks() -> None:
        cable = line()
        cable.serve = None
        with pytest.raises(CouldNotConnect):
            await cable.dial("", "")

    run(talks())
