"""The control socket over TCP: time goes on step by step, and only when everything before has been handled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest

from adapters.time.clock import SimulatedClock
from services.base import control as module
from services.base.control import Control, TimeHere

START_MS = 1_000
HANGS_S = 10
"""What takes so long will never end."""


class Office:
    """What the control looks at: frames (read, written) of each charger, and whether work is left."""

    def __init__(self) -> None:
        self.chargers: dict[str, tuple[int, int]] = {}
        self.busy = False
        self.looks = 0

    def frames(self) -> dict[str, tuple[int, int]]:
        return self.chargers

    def quiet(self) -> bool:
        return not self.busy

    async def moved(self, timeout_s: float) -> None:
        self.looks += 1
        await asyncio.sleep(0)

    async def looked_at(self) -> None:
        """Return when the control has found a few times that it must wait."""
        enough = self.looks + 5
        async with asyncio.timeout(HANGS_S):
            while self.looks < enough:
                await asyncio.sleep(0)


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, line: bytes) -> dict[str, object]:
        self.writer.write(line + b"\n")
        async with asyncio.timeout(HANGS_S):
            return orjson.loads(await self.reader.readline())

    async def advance(self, to_ms: int, sent: dict[str, int] | None = None) -> dict[str, object]:
        return await self.say(orjson.dumps({"advance": to_ms, "sent": sent or {}}))


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(START_MS)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def control(clock: SimulatedClock, office: Office) -> Control:
    return Control(TimeHere(clock, office.frames, office.quiet, office.moved))


@pytest.fixture
async def client(control: Control) -> AsyncIterator[Client]:
    async with control.serving(0) as port:
        client = Client(*await asyncio.open_connection("127.0.0.1", port))
        yield client
        client.writer.close()
        await client.writer.wait_closed()


class Sleepers:
    """Tasks on the clock; each notes when it woke."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock
        self.woken: list[tuple[int, int]] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def add(self, *dues_ms: int) -> None:
        self.tasks += [asyncio.create_task(self._sleep(due_ms)) for due_ms in dues_ms]
        await asyncio.sleep(0)

    async def _sleep(self, due_ms: int) -> None:
        await self.clock.sleep_until(due_ms)
        self.woken.append((due_ms, self.clock.now_ms()))


@pytest.fixture
async def sleepers(clock: SimulatedClock) -> AsyncIterator[Sleepers]:
    sleepers = Sleepers(clock)
    yield sleepers
    for task in sleepers.tasks:
        task.cancel()
    await asyncio.gather(*sleepers.tasks, return_exceptions=True)


async def test_an_advance_tells_the_time_the_next_timer_and_the_frames_written(
    client: Client, office: Office, sleepers: Sleepers
) -> None:
    assert await client.advance(2_000) == {"now": 2_000, "next_timer": None, "sent": {}}
    office.chargers = {"CP1": (3, 4), "CP2": (0, 1)}
    await sleepers.add(9_000, 7_000)
    assert await client.advance(3_000) == {"now": 3_000, "next_timer": 7_000, "sent": {"CP1": 4, "CP2": 1}}


async def test_an_advance_to_the_present_is_no_step_back(client: Client) -> None:
    assert await client.advance(START_MS) == {"now": START_MS, "next_timer": None, "sent": {}}


async def test_sleepers_wake_in_order_each_at_its_own_time(client: Client, sleepers: Sleepers) -> None:
    await sleepers.add(3_000, 2_000, 2_500, 2_000, 4_000)
    told = await client.advance(3_500)
    assert sleepers.woken == [(2_000, 2_000), (2_000, 2_000), (2_500, 2_500), (3_000, 3_000)]
    assert (told["now"], told["next_timer"]) == (3_500, 4_000)


async def test_who_goes_to_sleep_because_another_woke_is_woken_in_turn(
    client: Client, clock: SimulatedClock, sleepers: Sleepers
) -> None:
    heard = asyncio.Event()

    async def hear() -> None:
        await heard.wait()
        await sleepers.add(2_500)

    async def tell() -> None:
        await clock.sleep_until(2_000)
        heard.set()

    await sleepers.add(3_000)
    others = [asyncio.create_task(hear()), asyncio.create_task(tell())]
    await client.advance(3_000)
    assert sleepers.woken == [(2_500, 2_500), (3_000, 3_000)]
    await asyncio.gather(*others)


async def test_time_waits_until_the_frames_were_read(client: Client, clock: SimulatedClock, office: Office) -> None:
    office.chargers = {"CP1": (2, 0), "CP2": (9, 0)}
    answer = asyncio.create_task(client.advance(2_000, {"CP1": 3, "CP2": 9}))
    await office.looked_at()
    assert clock.now_ms() == START_MS

    office.chargers = {"CP1": (3, 1), "CP2": (9, 0)}
    assert await answer == {"now": 2_000, "next_timer": None, "sent": {"CP1": 1, "CP2": 0}}


async def test_a_charger_whose_socket_is_gone_is_not_waited_for(client: Client) -> None:
    assert await client.advance(2_000, {"gone": 7}) == {"now": 2_000, "next_timer": None, "sent": {}}


async def test_time_waits_until_all_is_quiet_before_and_after_each_step(
    client: Client, clock: SimulatedClock, office: Office, sleepers: Sleepers
) -> None:
    async def work() -> None:
        await clock.sleep_until(2_000)
        office.busy = True

    office.busy = True
    working = asyncio.create_task(work())
    await sleepers.add(3_000)
    answer = asyncio.create_task(client.advance(3_000))
    await office.looked_at()
    assert clock.now_ms() == START_MS

    office.busy = False
    await working
    await office.looked_at()
    assert (clock.now_ms(), sleepers.woken) == (2_000, [])

    office.busy = False
    assert (await answer)["now"] == 3_000
    assert sleepers.woken == [(3_000, 3_000)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"advance": 999}', "advance: time does not go back from 1000 to 999"),
        (b'{"advance": -1}', "advance: Input should be greater than or equal to 0"),
        (b'{"advance": 9007199254740992}', "advance: Input should be less than 9007199254740992"),
        (b'{"advance": "soon"}', "advance: Input should be a valid integer"),
        (b'{"advance": 2000.5}', "advance: Input should be a valid integer"),
        (b'{"advance": true}', "advance: Input should be a valid integer"),
        (b"{}", "advance: Field required"),
        (b'{"advance": 2000, "sent": 5}', "sent: Input should be an object"),
        (b'{"advance": 2000, "sent": {"CP1": "x"}}', "sent.CP1: Input should be a valid integer"),
        (b'{"advance": 2000, "to": 1}', "to: Extra inputs are not permitted"),
        (b"[2000]", "line: Input should be an object"),
        (b"garbage", "line: Invalid JSON"),
        (b"\xff\xfe", "line: Invalid JSON"),
        (b"", "line: Invalid JSON"),
    ],
)
async def test_a_bad_line_is_answered_with_its_reason_and_the_socket_goes_on(
    client: Client, clock: SimulatedClock, office: Office, line: bytes, reason: str
) -> None:
    office.chargers = {"CP1": (1, 1)}
    told = await client.say(line)
    assert list(told) == ["error"]
    assert str(told["error"]).startswith(reason)
    assert clock.now_ms() == START_MS
    assert (await client.advance(2_000))["now"] == 2_000


async def test_a_line_that_is_too_long_is_answered_and_ends_the_connection(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LINE_LIMIT", 64)
    async with control.serving(0) as port:
        client = Client(*await asyncio.open_connection("127.0.0.1", port))
        assert await client.say(b"x" * 100) == {"error": "a line has at most 64 bytes"}
        assert await client.reader.read() == b""
        client.writer.close()
        await client.writer.wait_closed()


async def test_a_client_that_goes_away_leaves_the_others_alone(control: Control) -> None:
    async with control.serving(0) as port:
        first, second = [Client(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(2)]
        assert (await first.advance(2_000))["now"] == 2_000
        first.writer.transport.abort()
        assert (await second.advance(3_000))["now"] == 3_000
        second.writer.close()
        await second.writer.wait_closed()


async def test_a_stop_amid_an_advance_ends_the_connection_quietly(control: Control, office: Office) -> None:
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    before = asyncio.all_tasks()
    office.busy = True
    async with asyncio.timeout(HANGS_S), control.serving(0) as port:
        client = Client(*await asyncio.open_connection("127.0.0.1", port))
        client.writer.write(b'{"advance": 2000}\n')
        await office.looked_at()
    assert asyncio.all_tasks() == before, "no task is left behind"
    assert await client.reader.read() == b""
    assert complaints == []
    client.writer.close()
    await client.writer.wait_closed()
