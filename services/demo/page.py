"""The page of a demo day: one HTML file that loads nothing and needs no script."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from services.demo import day, plots, summary
from services.demo.bounds import BOUNDS, Figures, failed
from services.demo.day import Life, Sample, clock, milliseconds
from services.demo.svg import HOUR_MS

WIDE_PX, NARROW_PX = 1080, 380
"""Each drawing is made twice, for a desk and for a phone; the style sheet shows the one that fits."""
FOLDER = Path(__file__).parent
STYLE = FOLDER / "page.css"
DATA = Path(__file__).parents[2] / "simulators" / "data" / "README.md"
TEMPLATES = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def page(figures: Figures, measured: Mapping[str, Any]) -> str:
    """The text of the file, for the figures of a day and the measurements of its simulated world."""
    samples, lives = day.samples(measured), day.lives(measured)
    noted = any(life.notes for life in lives)
    return TEMPLATES.get_template("page.html").render(
        title=summary.title(figures),
        style=Markup(STYLE.read_text(encoding="utf-8")),
        verdict=summary.verdict(figures),
        failed=failed(figures),
        figures=figures,
        bounds=BOUNDS,
        paragraphs=summary.paragraphs(figures),
        drawings=_drawings(samples, lives),
        decisions=[_decision(entry) for entry in reversed(measured["priority_audit"])],
        nodes=[_node(node) for node in measured["nodes"]],
        noted=noted,
        visits=[[*_visit(life), *(["; ".join(life.notes)] if noted else [])] for life in lives],
        **_notice(),
    )


def _prose(text: str) -> Markup:
    """The escaped text, in which no line ends between a number and its unit."""
    return Markup(re.sub(r"(?<=\d) (?=(kWh?|s)\b|%)", "&nbsp;", str(escape(text))))


TEMPLATES.filters["prose"] = _prose


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with its heading, caption and legend (text -> key)."""

    heading: str
    caption: str
    legend: Mapping[str, str]
    draw: Callable[[int], str]

    @property
    def wide(self) -> str:
        return self.draw(WIDE_PX)

    @property
    def narrow(self) -> str:
        return self.draw(NARROW_PX)


def _drawings(samples: Sequence[Sample], lives: Sequence[Life]) -> list[Drawing]:
    """All on the same axis of time: from the hour before the first arrival until the last car has left."""
    start_ms = min(life.arrival_ms for life in lives) // HOUR_MS * HOUR_MS
    end_ms = max(life.left_ms for life in lives)
    seen = [sample for sample in samples if start_ms <= sample.at_ms <= end_ms]
    activities = [activity for activity in plots.WORDS if any(life.minutes(activity) for life in lives)]
    return [
        Drawing(
            "Load and cap",
            "Shaded, here and below: the cap was lowered. All times are local, at the garage.",
            {"load, the highest of each 30 seconds": plots.key("load"), "limit or cap": plots.key("cap")},
            lambda width: plots.load_plot(seen, start_ms, end_ms, width),
        ),
        Drawing(
            "Cars charging, cars waiting",
            "How many at the same time.",
            {"charging": plots.key("charging-line"), "waiting for a charger": plots.key("waiting-line")},
            lambda width: plots.cars_plot(seen, start_ms, end_ms, width),
        ),
        Drawing(
            "Every visit",
            "A row for each car in the order of arrival; on the right, how much it got of what it asked for.",
            {plots.WORDS[activity]: plots.key(activity) for activity in activities}
            | {"left on the recorded day": plots.key("leaves")},
            lambda width: plots.lives_plot(lives, seen, start_ms, end_ms, width),
        ),
    ]


def _decision(entry: Mapping[str, Any]) -> list[str]:
    """The row of a decision about priority."""
    return [
        clock(milliseconds(entry["created_at"])),
        entry["decision"],
        "–" if entry["tier"] is None else f"P{entry['tier']}",
        entry["location_zone"] or "unknown",
        "unknown" if entry["soc"] is None else f"{entry['soc']:g} %",
        entry["reason"],
    ]


def _node(node: Mapping[str, Any]) -> list[str]:
    """The row of a node; its limit in total, per phase, or both."""
    limits = [] if node["limit_kw"] is None else [f"{node['limit_kw']:g} kW"]
    if node["limit_a"] is not None:
        limits.append(" / ".join(f"{limit_a:g}" for limit_a in node["limit_a"]) + " A")
    return [node["id"], node["parent"] or "–", ", ".join(limits) or "none", f"{node['overload_s']:,} s"]


def _visit(life: Life) -> list[str]:
    return [
        life.name,
        life.charger or "–",
        clock(life.arrival_ms),
        clock(life.left_ms),
        *(str(life.minutes(activity)) for activity in ("waiting", "charging", "paused")),
        f"{life.energy_kwh:.1f}",
        f"{life.requested_kwh:.1f}",
        f"{life.share_pct} %",
    ]


def _notice() -> dict[str, Any]:
    """The source and the licence of the recorded data, in the words of the data's own README."""
    readme = DATA.read_text(encoding="utf-8")
    source = "Source: " + readme.partition("Source: ")[2].partition("\n\n")[0].replace("`", "")
    licence = readme.partition("## ")[2].strip()
    return {
        "source": " ".join(source.split()),
        "licence": [" ".join(part.split()) for part in licence.split("\n\n")],
    }
