"""What the demo shows while it runs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import orjson
import pytest
from rich.console import Console

from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from commands.ports.log import Entry, LogError
from services.demo import progress
from services.demo.progress import Moment, Pace, bar, view
from tests.services.demo.a_day import at, at_ms


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a log of seven inputs and events in several partitions, and a state that doesn't count."""

    async def fill() -> None:
        log = SqliteLog.open(tmp_path)
        await log.append(topics.EVENTS, [Entry(f"sites:{number}", b"{}") for number in range(5)])
        await log.append(topics.inputs("load"), [Entry("load:a", b"{}"), Entry("load:b", b"{}")])
        await log.append(topics.states("load"), [Entry("load:a", b"{}")])
        await log.close()

    asyncio.run(fill())
    return tmp_path


def line(clock: str, load_kw: float = 31.25) -> str:
    told = {"time": at(clock), "cap_kw": 40.0, "charging": 8, "waiting": 3, "load_kw": load_kw, "sessions_done": 12}
    return orjson.dumps(told).decode()


def shown(lines: list[str], data: Path, *, terminal: bool, on_time: Callable[[int], None] = lambda at_ms: None) -> str:
    """Given a world that says these lines and ends, what the console shows."""
    out = StringIO()
    console = Console(file=out, width=100, force_terminal=terminal)
    command = [sys.executable, "-c", f"print({chr(10).join(lines)!r})"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as world:
        progress.show(world, console, data, on_time)
        assert world.wait() == 0
    return out.getvalue()


class TestShow:
    def test_who_looks_hears_of_every_time_that_the_world_has_come_to(self, data: Path) -> None:
        heard: list[int] = []

        shown([line("08:20"), line("08:25")], data, terminal=False, on_time=heard.append)

        assert heard == [at_ms("08:20"), at_ms("08:25")]

    def test_without_a_terminal_there_is_a_line_each_half_hour(self, data: Path) -> None:
        clocks = ["08:20", "08:25", "08:30", "08:35", "08:55", "09:05", "09:10"]

        told = shown([line(clock) for clock in clocks], data, terminal=False).splitlines()

        assert [one[:5] for one in told] == ["08:20", "08:30", "09:05"]
        assert told[0] == "08:20  load  31.2 of 40 kW  charging  8  waiting  3  gone 12"

    def test_a_terminal_shows_the_latest_moment(self, data: Path) -> None:
        told = shown([line("08:20"), line("08:25", load_kw=39.9)], data, terminal=True)

        assert "08:25 at the garage" in told
        assert "39.9 kW" in told
        assert "charging  8  waiting  3  gone 12" in told

    @pytest.mark.parametrize("terminal", [False, True])
    def test_other_words_of_the_world_are_passed_on(self, data: Path, terminal: bool) -> None:
        assert "warning: [odd] thing" in shown(["warning: [odd] thing", line("08:20")], data, terminal=terminal)

    @pytest.mark.parametrize("terminal", [False, True])
    def test_a_world_that_says_nothing_is_no_trouble(self, data: Path, terminal: bool) -> None:
        assert "charging" not in shown([], data, terminal=terminal)

    def test_a_folder_without_a_log_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(LogError, match="there is no log"):
            shown([line("08:20")], tmp_path, terminal=False)


class TestPace:
    def test_nothing_is_known_at_the_first_look(self) -> None:
        pace = Pace(lambda: 100)
        pace.update(now_s=5.0, simulated_ms=0)

        assert str(pace) == ""

    def test_the_pace_since_the_last_look(self) -> None:
        counts = iter([100, 2600, 2600])
        pace = Pace(lambda: next(counts))
        for now_s, simulated_ms in ((5.0, 0), (7.0, 3_600_000), (9.0, 3_610_000)):
            pace.update(now_s, simulated_ms)
            if now_s == 7.0:
                assert str(pace) == "1,800 × real time, 1,250 records/s"

        assert str(pace) == "5 × real time, 0 records/s"

    def test_it_counts_at_most_once_a_second(self) -> None:
        looks: list[float] = []
        pace = Pace(lambda: looks.append(0) or len(looks))
        for tenth in range(25):
            pace.update(tenth / 10, tenth)

        assert len(looks) == 3

    def test_records_are_the_inputs_and_events_of_every_partition(self, data: Path) -> None:
        with progress.counted(data) as recorded:
            assert recorded() == 7


class TestBar:
    @pytest.mark.parametrize(
        ("load_kw", "cap_kw", "filled", "mark"), [(0, 40, 0, 48), (20, 40, 24, 48), (40, 40, 48, 48), (10, 20, 12, 24)]
    )
    def test_its_length_is_the_load_and_its_mark_the_cap(
        self, load_kw: float, cap_kw: float, filled: int, mark: int
    ) -> None:
        drawn = bar(load_kw, cap_kw, highest_kw=40).plain

        assert drawn.count("█") == filled
        assert drawn.index("┃") == mark

    def test_a_load_above_the_cap_is_red(self) -> None:
        over, under = bar(30, 25, highest_kw=40), bar(25, 25, highest_kw=40)

        assert "red" in {span.style for span in over.spans}
        assert "red" not in {span.style for span in under.spans}
        assert over.plain[30] == "┃"

    def test_the_view_fits_a_narrow_terminal(self) -> None:
        out = StringIO()
        now = Moment(at_ms("08:25"), 31.25, 40.0, 8, 3, 12, "1,800 × real time, 12,500 records/s")
        Console(file=out, width=80).print(view(now, highest_kw=40))

        assert max(map(len, map(str.rstrip, out.getvalue().splitlines()))) <= 80
        assert len(out.getvalue().split("\n")) == 6
