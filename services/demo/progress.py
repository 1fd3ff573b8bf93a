"""The progress of a running demo: the load against its cap, the cars, the speed of time and of the log."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import orjson
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.text import Text

from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from services.demo.day import clock, milliseconds

POLL_S = 1.0
PLAIN_EVERY_MS = 30 * 60_000
BAR_CHARACTERS = 48
RECORDED = (topics.EVENTS, *map(topics.inputs, topics.PROCESSORS))


def show(world: subprocess.Popen[bytes], console: Console, data: Path | None, on_time: Callable[[int], None]) -> None:
    """Show the progress that the simulated world reports, until it closes its standard output.

    `data` is the folder with the server's log, whose records are counted; None: it is elsewhere. `on_time` is called
    with each time (ms) that the world has reached.

    On a terminal a view that stays in its place; elsewhere a line each 30 simulated minutes. Raises `LogError` where
    the log can't be read.
    """
    assert world.stdout is not None, "the world's standard output must be a pipe"
    with nullcontext() if data is None else counted(data) as recorded:
        moments = _observed(_moments(world.stdout, console, Pace(recorded)), on_time)
        if console.is_terminal:
            _show_live(moments, console)
        else:
            _show_lines(moments, console)


class Pace:
    """Simulated seconds and records per second of wall time; None: not known yet."""

    def __init__(self, recorded: Callable[[], int] | None) -> None:
        self.speed: float | None = None
        self.records_per_s: float | None = None
        self._recorded = recorded
        self._before: tuple[float, int, int] | None = None

    def update(self, now_s: float, simulated_ms: int) -> None:
        """Measure again, at most once a second to keep it cheap."""
        if self._before is not None and now_s - self._before[0] < POLL_S:
            return
        records = self._recorded() if self._recorded else 0
        if self._before is not None:
            elapsed_s = now_s - self._before[0]
            self.speed = (simulated_ms - self._before[1]) / 1000 / elapsed_s
            if self._recorded:
                self.records_per_s = (records - self._before[2]) / elapsed_s
        self._before = now_s, simulated_ms, records

    def __str__(self) -> str:
        speed = "" if self.speed is None else f"{self.speed:,.0f} × real time"
        return speed if self.records_per_s is None else f"{speed}, {self.records_per_s:,.0f} records/s"


@dataclass(frozen=True, slots=True)
class Moment:
    """The site at a simulated instant, and the pace at which it went so far."""

    at_ms: int
    load_kw: float
    cap_kw: float
    charging: int
    waiting: int
    done: int
    pace: str

    def __str__(self) -> str:
        site = f"{clock(self.at_ms)}  load {self.load_kw:5.1f} of {self.cap_kw:g} kW  {self.cars}"
        return f"{site}  {self.pace}".rstrip()

    @property
    def cars(self) -> str:
        return f"charging {self.charging:2}  waiting {self.waiting:2}  gone {self.done:2}"


def view(now: Moment, highest_kw: float) -> RenderableType:
    """The view of a terminal; the bar is as long as the highest load or cap so far."""
    load = Text.assemble(
        (f"{now.load_kw:5.1f} kW ", "bold"), bar(now.load_kw, now.cap_kw, highest_kw), f" cap {now.cap_kw:g} kW"
    )
    head = Text.assemble((f"{clock(now.at_ms)} at the garage", "bold"), "   ", (now.pace, "dim"))
    return Padding(Group(head, load, Text(now.cars)), (1, 0, 1, 2))


def bar(load_kw: float, cap_kw: float, highest_kw: float) -> Text:
    """The load as a bar with a mark at the cap; red where it is above."""
    per_kw = BAR_CHARACTERS / highest_kw if highest_kw else 0.0
    filled, mark = round(load_kw * per_kw), round(cap_kw * per_kw)
    cells = ["█" if cell < filled else "·" for cell in range(BAR_CHARACTERS + 1)]
    cells[mark] = "┃"
    drawn = Text("".join(cells))
    drawn.stylize("red" if load_kw > cap_kw else "blue", 0, filled)
    drawn.stylize("bold", mark, mark + 1)
    return drawn


def _show_live(moments: Iterator[Moment], console: Console) -> None:
    highest_kw = 0.0
    with Live(Text("  The garage is set up and its chargers are commissioned ..."), console=console) as live:
        for now in moments:
            highest_kw = max(highest_kw, now.load_kw, now.cap_kw)
            live.update(view(now, highest_kw))


def _show_lines(moments: Iterator[Moment], console: Console) -> None:
    shown = None
    for now in moments:
        if shown != (shown := now.at_ms // PLAIN_EVERY_MS):
            console.print(Text(str(now)), soft_wrap=True)


def _moments(lines: Iterable[bytes], console: Console, pace: Pace) -> Iterator[Moment]:
    """The moments that the world reports. Its other output is printed as it is."""
    for line in lines:
        try:
            report = orjson.loads(line)
        except orjson.JSONDecodeError:
            console.print(Text(line.decode(errors="replace").rstrip()), soft_wrap=True)
            continue
        at_ms = milliseconds(report["time"])
        pace.update(time.monotonic(), at_ms)
        yield Moment(
            at_ms,
            report["load_kw"],
            report["cap_kw"],
            report["charging"],
            report["waiting"],
            report["sessions_done"],
            str(pace),
        )


def _observed(moments: Iterable[Moment], on_time: Callable[[int], None]) -> Iterator[Moment]:
    for moment in moments:
        on_time(moment.at_ms)
        yield moment


@contextmanager
def counted(data: Path) -> Iterator[Callable[[], int]]:
    """A function that counts the records on the log of another process, where offsets have no gaps."""
    with asyncio.Runner() as runner:
        log = SqliteLog.open(data, read_only=True)

        async def count() -> int:
            return sum([max((await log.ends(topic)).values()) for topic in RECORDED])

        try:
            yield lambda: runner.run(count())
        finally:
            runner.run(log.close())
