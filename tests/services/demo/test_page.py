"""What the report of a demo day says, and that it never says more than was measured."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from services.demo import page as page_of_the_day
from services.demo import plots, report, summary
from services.demo.bounds import BOUNDS
from services.demo.day import Sample, lives, samples
from services.demo.svg import Frame, area, changes, hours, line, values
from tests.services.demo.a_day import at, at_ms, figures, life, measured

BROKEN = {
    "overload_s": 1,
    "cap_lag_s_max": 60.1,
    "queued_max": 0,
    "offers": 0,
    "paused": 0,
    "energy_pct_of_bound": 91.99,
    "p0_wait_s_max": 90.1,
    "p1_wait_s_max": 0,
    "grants": 0,
    "denials": 0,
    "replay_equal": False,
}
JUST_HELD = {
    "overload_s": 0,
    "cap_lag_s_max": 60,
    "queued_max": 1,
    "offers": 1,
    "paused": 1,
    "energy_pct_of_bound": 92.0,
    "p0_wait_s_max": 90,
    "p1_wait_s_max": 0.1,
    "grants": 1,
    "denials": 1,
    "replay_equal": True,
}


def printed(**other: Any) -> str:
    """What the terminal shows, on one line."""
    out = StringIO()
    report.show(Console(file=out, width=100), figures(**other), Path("/tmp/report.html"))
    return " ".join(out.getvalue().split())


def page(**other: Any) -> str:
    return page_of_the_day.page(figures(**other), measured())


class TestBounds:
    def test_there_is_a_broken_value_for_every_bound(self) -> None:
        assert {bound.figure for bound in BOUNDS} == BROKEN.keys() == JUST_HELD.keys()

    def test_a_day_at_the_very_bounds_holds(self) -> None:
        assert report.holds(figures(**JUST_HELD))

    @pytest.mark.parametrize(("figure", "value"), BROKEN.items())
    def test_one_broken_bound_is_enough_to_fail_and_is_named(self, figure: str, value: Any) -> None:
        broken = {**JUST_HELD, figure: value}

        assert not report.holds(figures(**broken))
        for shown in (printed(**broken), page(**broken)):
            assert "1 of 11 bounds failed." in shown
            assert f"({figure})" in shown

    @pytest.mark.parametrize("figure", BROKEN)
    def test_an_unknown_figure_does_not_hold(self, figure: str) -> None:
        without = {name: value for name, value in figures().items() if name != figure}

        assert not report.holds(without)
        assert not report.holds({**without, figure: None})

    def test_every_bound_that_failed_is_named(self) -> None:
        verdict = summary.verdict(figures(**BROKEN))

        assert verdict.startswith("11 of 11 bounds failed.")
        assert all(
            f"{bound.name} ({bound.figure}): {bound.shown(BROKEN)}, must be {bound.must}." in verdict
            for bound in BOUNDS
        )


class TestWords:
    def test_it_tells_the_day_in_plain_words(self) -> None:
        text = printed()

        assert "Friday, 8 March 2019. 3 cars came to a site of 40 kW" in text
        assert "lowered to 25 kW from 12:00 to 16:00" in text
        assert "1 car waited in the queue. 4 offers of a free charger" in text
        assert "1 car had to pause" in text
        assert "The highest load was 39.4 kW. When the cap fell at noon, the load was under it after 14.2 s." in text
        assert "asked for 30.0 kWh and got 24.0 kWh, 80.0 % of it" in text
        assert "at most 25.0 kWh: the platform reached 96.0 % of that" in text
        assert "the ambulance (P0) had power 12 s after it was plugged in; the van (P1) had power 40 s after" in text
        assert "granted 2 times and denied 1 time" in text
        assert "denied: only <her fleet> is believed." in text
        assert "1,800 inputs led to 3,000 events, 400 of them decisions" in text
        assert "every event is equal, byte for byte" in text
        assert "Took 61.4 s, on sqlite. The page: /tmp/report.html" in text

    def test_it_says_what_is_real_and_what_is_not(self) -> None:
        for shown in (printed(), page()):
            assert "Arrivals, departures and energies are real: ACN-Data" in shown
            assert "synthetic overlay" in shown

    def test_cars_that_were_never_there_are_not_called_recorded(self) -> None:
        assert "another car" not in printed()
        assert "This site is 4 such garages: each visit is there 4 times" in printed(garages=4)

    def test_an_overload_is_not_talked_away(self) -> None:
        text = printed(overload_s=1)

        assert "For 1 second the site was over a limit" in text
        assert "Not for one second" not in text

    def test_a_replay_that_differs_is_quoted(self) -> None:
        text = printed(replay_equal=False, replay_said="first difference: stream sites:garage, event [7]\n\n")

        assert "did not come to the same events: first difference: stream sites:garage, event [7] What is real" in text
        assert "byte for byte" not in text

    def test_kills_are_told(self) -> None:
        assert "killed 6 times (kill -9) and started again" in printed(kills=6)
        assert "killed" not in printed(kills=0)

    def test_a_missing_bound_is_called_unknown(self) -> None:
        assert "What perfect foresight could have done is unknown." in printed(energy_pct_of_bound=None)

    def test_a_load_that_was_low_enough_needed_no_time(self) -> None:
        assert "under it already." in printed(cap_lag_s_max=0.0)


class Outline(HTMLParser):
    """Which elements there are; fails on one that is closed wrongly or not at all."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def count(self, tag: str) -> int:
        return sum(found == tag for found, _ in self.found)


class TestPage:
    def test_it_is_written_where_asked(self, tmp_path: Path) -> None:
        report.write(tmp_path / "day.html", figures(), measured())

        assert (tmp_path / "day.html").read_text(encoding="utf-8") == page()

    def test_it_loads_nothing_and_runs_nothing(self) -> None:
        text = page()
        outline = Outline(text)

        assert not {"script", "link", "img", "iframe", "object", "base"} & {tag for tag, _ in outline.found}
        assert not {"src", "href", "srcset", "onload", "onclick"} & {
            name for _, given in outline.found for name in given
        }
        assert "@import" not in text
        assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", text))

    def test_each_id_is_given_once_and_each_reference_leads_somewhere(self) -> None:
        text = page()
        given = [attributes["id"] for _, attributes in Outline(text).found if "id" in attributes]
        labels = " ".join(attributes.get("aria-labelledby") or "" for _, attributes in Outline(text).found).split()

        assert len(given) == len(set(given))
        assert {*re.findall(r"url\(#([^)]*)\)", text), *labels} <= set(given)

    def test_each_drawing_says_what_it_shows(self) -> None:
        drawings = re.findall(r"<svg viewBox.*?</svg>", page())

        assert len(drawings) == 6  # three, for a desk and for a phone
        for drawing in drawings:
            root = ElementTree.fromstring(drawing)
            assert root.get("role") == "img"
            assert all(root.findtext(part) for part in ("title", "desc"))

    def test_it_fits_a_phone_the_dark_and_paper(self) -> None:
        text = page()

        assert 'name="viewport" content="width=device-width' in text
        assert "prefers-color-scheme: dark" in text
        assert "@media print" in text

    def test_it_has_a_tile_for_each_bound_and_a_row_for_each_node_and_visit(self) -> None:
        text = page(overload_s=3)

        assert text.count('class="must"') == len(BOUNDS)
        assert text.count("✗ failed") == 1
        assert text.count("✓ held") == len(BOUNDS) - 1
        assert Outline(text).count("tr") == (1 + 2) + (1 + 3) + (1 + 3)  # of the audit, the nodes, the visits
        assert "<td>40 kW</td>" in text
        assert "<td>20 / 20 / 20 A</td>" in text
        assert "<td>none</td>" in text

    def test_a_visit_in_numbers(self) -> None:
        row = re.search(r'<tr><td class="words">2</td>.*', page())

        assert row is not None
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row[0])
        assert cells[1:10] == ["p1-1", "09:20", "18:00", "2", "217", "240", "10.0", "10.0", "100 %"]
        assert cells[10] == "09:22 not let in: &lt;Blocked &amp; barred&gt;"

    def test_there_is_no_column_for_notes_where_nothing_happened(self) -> None:
        day = measured()
        for visit in day["session_lives"]:
            visit["notes"] = []

        assert "what else happened" not in page_of_the_day.page(figures(), day)

    def test_it_carries_the_notice_of_the_data(self) -> None:
        text = page()

        assert "Copyright (c) the authors of caltech-netlab/acnportal-experiments." in text
        assert "Redistributions in binary form must reproduce the above copyright notice" in text
        assert "EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE." in text
        assert "e-Energy 2019" in text

    def test_a_failed_day_is_drawn_as_well(self) -> None:
        text = page(**BROKEN, replay_said="<b>first difference</b>")
        outline = Outline(text)

        assert text.count("✗ failed") == len(BOUNDS)
        assert '<p class="verdict failed">11 of 11 bounds failed.' in text
        assert outline.count("figure") == 3
        assert outline.count("b") == 0
        assert "<dd>&lt;b&gt;first difference&lt;/b&gt;</dd>" in text


class TestLives:
    def test_a_visit_without_a_gap_from_arrival_to_leaving(self) -> None:
        second = lives(measured())[1]

        assert [(one.activity, one.start_ms, one.end_ms) for one in second.stretches] == [
            ("waiting", at_ms("09:20"), at_ms("09:22")),
            ("plugged", at_ms("09:22"), at_ms("09:23")),
            ("charging", at_ms("09:23"), at_ms("12:00")),
            ("paused", at_ms("12:00"), at_ms("16:00")),
            ("charging", at_ms("16:00"), at_ms("17:00")),
            ("done", at_ms("17:00"), at_ms("18:00")),
        ]

    def test_who_never_got_a_charger_waited_until_leaving(self) -> None:
        third = lives(measured())[2]

        assert [one.activity for one in third.stretches] == ["waiting"]
        assert third.minutes("waiting") == 150
        assert third.charger == ""
        assert third.share_pct == 0

    def test_cars_are_numbered_in_the_order_of_their_arrival(self) -> None:
        assert [(one.number, one.arrival_ms) for one in lives(measured())] == [
            (1, at_ms("08:00")),
            (2, at_ms("09:20")),
            (3, at_ms("10:00")),
        ]

    @pytest.mark.parametrize(
        ("said", "read"),
        [
            ('offer lost: 409: {"title":"Conflict","detail":"it is queued"}', "offer lost: 409: it is queued"),
            ("not let in: Blocked", "not let in: Blocked"),
            ("refused: {no json", "refused: {no json"),
            ('refused: {"title":"Conflict"}', 'refused: {"title":"Conflict"}'),
        ],
    )
    def test_a_note_is_told_in_words(self, said: str, read: str) -> None:
        [visit] = lives(
            {"session_lives": [life("09:00", "11:00", notes=[f"{at('10:30')} {said}"])], "walk_up_lives": []}
        )

        assert visit.notes == (f"10:30 {read}",)

    def test_a_charger_is_held_until_the_car_is_there(self) -> None:
        visit = life("09:00", "11:00", assigned="09:20", plugged="09:30")
        [drawn] = lives({"session_lives": [visit], "walk_up_lives": []})

        assert [(one.activity, drawn.minutes(one.activity)) for one in drawn.stretches] == [
            ("waiting", 20),
            ("held", 10),
            ("plugged", 90),
        ]

    @given(
        st.lists(st.integers(0, 23 * 60 + 59), min_size=4, max_size=12, unique=True).map(sorted),
        st.lists(st.booleans(), min_size=12, max_size=12),
    )
    def test_stretches_follow_one_another_whatever_happened(self, minutes: list[int], is_pause: list[bool]) -> None:
        clocks = [f"{minute // 60:02}:{minute % 60:02}" for minute in minutes]
        arrival, plugged, *inner, left = clocks
        intervals = list(zip(inner[::2], inner[1::2], strict=False))
        visit = life(
            arrival,
            left,
            plugged=plugged,
            charging=[pair for pair, pause in zip(intervals, is_pause, strict=False) if not pause],
            paused=[pair for pair, pause in zip(intervals, is_pause, strict=False) if pause],
            done=inner[-1],
        )
        [drawn] = lives({"session_lives": [visit], "walk_up_lives": []})

        edges = [(one.start_ms, one.end_ms) for one in drawn.stretches]
        assert [start for start, _ in edges] == [at_ms(arrival), *(end for _, end in edges[:-1])]
        assert edges[-1][1] == at_ms(left)
        assert all(start < end for start, end in edges)
        assert drawn.minutes("done") == (at_ms(left) - at_ms(inner[-1])) / 60_000


class TestDrawings:
    FRAME = Frame(340, 124, at_ms("06:00"), at_ms("18:00"), highest=50, left=40, right=60, top=0, bottom=24)

    def test_a_frame_maps_time_and_value_to_places(self) -> None:
        assert [self.FRAME.x(at_ms(clock)) for clock in ("06:00", "12:00", "18:00")] == [40, 160, 280]
        assert [self.FRAME.y(value) for value in (0, 25, 50)] == [100, 50, 0]

    def test_a_line_goes_in_steps(self) -> None:
        steps = [(at_ms("06:00"), 40), (at_ms("12:00"), 25), (at_ms("16:00"), 40)]

        assert line(self.FRAME, steps, "cap") == '<path class="cap" d="M40 20H160V50H240V20H280"/>'
        assert area(self.FRAME, steps, "load") == '<path class="load" d="M40 20H160V50H240V20H280V100H40Z"/>'

    def test_only_changes_are_drawn(self) -> None:
        assert changes([(1, 40), (2, 40), (3, 25), (4, 25), (5, 40)]) == [(1, 40), (3, 25), (5, 40)]

    @given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 3)), min_size=1))
    def test_each_run_of_equal_values_is_kept_once(self, steps: list[tuple[int, int]]) -> None:
        runs = [list(run) for _, run in groupby(steps, key=itemgetter(1))]

        assert changes(steps) == [run[0] for run in runs]

    def test_hours_are_those_of_the_garage(self) -> None:
        assert re.findall(r">(\d\d:\d\d)<", hours(self.FRAME)) == ["06:00", "09:00", "12:00", "15:00", "18:00"]

    def test_hours_jump_with_the_clock_in_the_night_of_daylight_saving(self) -> None:
        """In 2019 the 10th of March had no 02:00 at the garage: two days after the sample day."""
        frame = Frame(1000, 100, at_ms("47:00"), at_ms("54:00"))

        assert re.findall(r">(\d\d:\d\d)<", hours(frame)) == [
            "23:00", "00:00", "01:00", "03:00", "04:00", "05:00", "06:00",
        ]  # fmt: skip

    def test_values_are_labelled_up_to_the_highest(self) -> None:
        assert re.findall(r">([^<]+)</text>", values(self.FRAME, 10, "kW")) == ["0", "10", "20", "30", "40", "50", "kW"]

    @pytest.mark.parametrize(("limit_kw", "highest"), [(40, 50), (100, 120), (160, 200), (240, 300), (320, 400)])
    def test_the_lines_of_a_large_site_are_few_and_its_limit_s_name_lies_below_the_unit(
        self, limit_kw: int, highest: int
    ) -> None:
        large = [replace(sample, cap_kw=limit_kw) for sample in samples(measured())]
        drawn = plots.load_plot(large, at_ms("06:00"), at_ms("18:00"), 1080)
        written = re.findall(r'y="([\d.]+)" text-anchor="\w+">([^<]+)</text>', drawn)
        numbers = [int(words) for _, words in written if words.isdigit()]
        assert (numbers[0], numbers[-1]) == (0, highest)
        assert len(numbers) <= 7
        at_px = {words: float(y) for y, words in written}
        assert at_px[f"limit {limit_kw} kW"] - at_px["kW"] > 10

    def test_the_lowered_cap_is_drawn_shaded_and_named(self) -> None:
        drawn = plots.load_plot(samples(measured()), at_ms("06:00"), at_ms("18:00"), 1080)
        frame = Frame(1080, 300, at_ms("06:00"), at_ms("18:00"), highest=50)
        noon, four = frame.x(at_ms("12:00")), frame.x(at_ms("16:00"))

        assert f'class="cap" d="M34 {frame.y(40):g}H{noon:g}V{frame.y(25):g}H{four:g}V{frame.y(40):g}H' in drawn
        assert f'class="lowered" d="M{noon:g} 10H{four:g}V' in drawn
        assert drawn.count('class="lowered"') == 1
        assert ">limit 40 kW<" in drawn
        assert ">cap 25 kW<" in drawn
        assert "40 kW from 06:00, 25 kW from 12:00, 40 kW from 16:00." in drawn

    def test_the_highest_load_of_each_stretch_is_drawn_before_its_sample(self) -> None:
        drawn = plots.load_plot(samples(measured()), at_ms("06:00"), at_ms("18:00"), 1080)
        frame = Frame(1080, 300, at_ms("06:00"), at_ms("18:00"), highest=50)

        assert f"V{frame.y(39.4):g}H{frame.x(at_ms('12:00')):g}V{frame.y(25):g}" in drawn

    def test_a_load_above_the_cap_fits_the_drawing(self) -> None:
        """What must never happen has to show."""
        over = [Sample(at_ms("06:00"), 0, 40, 0, 0), Sample(at_ms("07:00"), 71, 40, 9, 0)]
        drawn = plots.load_plot(over, at_ms("06:00"), at_ms("08:00"), 380)

        assert "at most 71.0." in drawn
        assert ">80<" in drawn

    def test_an_idle_site_can_be_drawn(self) -> None:
        idle = [Sample(at_ms("06:00"), 0, 40, 0, 0)]

        load = ElementTree.fromstring(plots.load_plot(idle, at_ms("06:00"), at_ms("08:00"), 380))
        cars = ElementTree.fromstring(plots.cars_plot(idle, at_ms("06:00"), at_ms("08:00"), 380))

        assert (load.findtext("desc") or "").startswith("The load in kW over the day, at most 0.0.")
        assert [text.text for text in cars.iter("text") if (text.text or "").isdigit()] == ["0", "1"]

    def test_each_visit_has_a_row_that_says_what_it_shows(self) -> None:
        day = lives(measured())
        drawn = plots.lives_plot(day, samples(measured()), at_ms("06:00"), at_ms("18:00"), 1080)
        titles = re.findall(r"<g><title>(.*?)</title>", drawn)

        assert titles == [plots.described(visit) for visit in day]
        assert titles[1] == (
            "Car 2, 09:20 to 18:00: waiting 2 min, plugged in 1 min, charging 217 min, paused 240 min, "
            "done, still plugged in 60 min; 10.0 of 10.0 kWh"
        )

    def test_what_a_car_does_shows_without_colour(self) -> None:
        shapes = {activity: re.sub("key-[a-z]+", "", plots.key(activity)) for activity in plots.WORDS}
        bare = {activity: shape.replace(f'class="{activity}"', "") for activity, shape in shapes.items()}
        style = page_of_the_day.STYLE.read_text()

        assert bare["charging"] != bare["waiting"]
        assert "hatch)" in bare["paused"]
        assert "hatch)" not in bare["charging"]
        assert ".done { fill: none;" in style
        assert ".held { fill: none;" in style


class TestPriority:
    def test_a_unit_that_never_had_power_is_said_so(self) -> None:
        assert "the ambulance (P0) had no power" in printed(p0_wait_s_max=None)

    def test_the_page_names_units_and_lists_every_decision(self) -> None:
        text = page()

        assert "3 ambulance" in text
        rows = text.partition("Who got priority")[2].partition("</table>")[0]
        assert rows.index("12:40") < rows.index("13:10")
        assert "only &lt;her fleet&gt; is believed" in rows
        assert "unknown" in rows
