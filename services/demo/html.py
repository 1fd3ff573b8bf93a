"""The page of a demo day: one HTML file that loads nothing and needs no script."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from services.demo import day, plots
from services.demo import words as demo_words
from services.demo.bounds import BOUNDS, Bound, Figures, failed
from services.demo.day import Life, Sample, clock, milliseconds
from services.demo.svg import HOUR_MS

WIDE_PX, NARROW_PX = 1080, 380
"""Each drawing is made twice, for a desk and for a phone; the style sheet shows the one that fits."""
STYLE = Path(__file__).with_name("page.css")
DATA = Path(__file__).parents[2] / "simulators" / "data" / "README.md"


def page(figures: Figures, measured: Mapping[str, Any]) -> str:
    """The text of the file. `measured`: what the simulated world wrote down."""
    samples, lives = day.samples(measured), day.lives(measured)
    sections = [
        _head(figures),
        _words(figures),
        *_drawings(samples, lives),
        _audit(measured["priority_audit"]),
        _nodes(measured["nodes"]),
        _visits(lives),
        _foot(),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Commonwatt: {demo_words.title(figures)}</title>\n"
        f"<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n"
        "</head>\n<body>\n" + "\n".join(sections) + "\n</body>\n</html>\n"
    )


def _head(figures: Figures) -> str:
    tiles = "".join(_tile(bound, figures) for bound in BOUNDS)
    return (
        f'<p class="eyebrow">Commonwatt demo: {demo_words.title(figures)}</p><h1>A real day at the garage</h1>'
        f'<p class="verdict{" failed" if failed(figures) else ""}">{_prose(demo_words.verdict(figures))}</p>'
        f'<ul class="tiles">{tiles}</ul>'
    )


def _tile(bound: Bound, figures: Figures) -> str:
    held = bound.holds(figures)
    mark = '<span class="good">✓ held</span>' if held else '<span class="bad">✗ failed</span>'
    return (
        f'<li><span class="name">{escape(bound.name)}</span><span class="value">{escape(bound.shown(figures))}</span>'
        f'<span class="must">{mark}: must be {_prose(bound.must)}</span></li>'
    )


def _words(figures: Figures) -> str:
    told = "".join(
        f"<div><dt>{heading}</dt>{''.join(f'<dd>{_prose(line)}</dd>' for line in words.splitlines())}</div>"
        for heading, words in demo_words.paragraphs(figures)
    )
    return f'<dl class="told">{told}</dl>'


def _prose(words: str) -> str:
    """Escaped, and no line ends between a number and its unit."""
    return re.sub(r"(?<=\d) (?=(kWh?|s)\b|%)", "&nbsp;", escape(words))


def _drawings(samples: Sequence[Sample], lives: Sequence[Life]) -> list[str]:
    """All on the same axis of time: from the hour before the first arrival until the last car has left."""
    start_ms = min(life.arrival_ms for life in lives) // HOUR_MS * HOUR_MS
    end_ms = max(life.left_ms for life in lives)
    seen = [sample for sample in samples if start_ms <= sample.at_ms <= end_ms]
    doings = [doing for doing in plots.WORDS if any(life.minutes(doing) for life in lives)]
    return [
        _figure(
            "Load and cap",
            "Shaded, here and below: the cap was lowered. All times are local, at the garage.",
            {"load, the highest of each 30 seconds": plots.key("load"), "limit or cap": plots.key("cap")},
            lambda width: plots.load_plot(seen, start_ms, end_ms, width),
        ),
        _figure(
            "Cars charging, cars waiting",
            "How many at the same time.",
            {"charging": plots.key("charging-line"), "waiting for a charger": plots.key("waiting-line")},
            lambda width: plots.cars_plot(seen, start_ms, end_ms, width),
        ),
        _figure(
            "Every visit",
            "A row for each car in the order of arrival; on the right, how much it got of what it asked for.",
            {plots.WORDS[doing]: plots.key(doing) for doing in doings}
            | {"left on the recorded day": plots.key("leaves")},
            lambda width: plots.lives_plot(lives, seen, start_ms, end_ms, width),
        ),
    ]


def _figure(heading: str, caption: str, legend: Mapping[str, str], draw: Callable[[int], str]) -> str:
    keys = "".join(f"<li>{key}{escape(words)}</li>" for words, key in legend.items())
    return (
        f'<h2>{heading}</h2><p class="lead">{caption}</p><ul class="legend">{keys}</ul><figure>'
        f'<div class="wide">{draw(WIDE_PX)}</div><div class="narrow">{draw(NARROW_PX)}</div></figure>'
    )


def _nodes(nodes: Sequence[Mapping[str, Any]]) -> str:
    rows = [[node["id"], node["parent"] or "–", _node_limit(node), f"{node['overload_s']:,} s"] for node in nodes]
    return "<h2>The site and its panels</h2>" + _table("nodes", ["node", "under"], ["limit", "time over it"], rows)


def _node_limit(node: Mapping[str, Any]) -> str:
    """As the node's description says it: in total, per phase, or both."""
    limits = [] if node["limit_kw"] is None else [f"{node['limit_kw']:g} kW"]
    if node["limit_a"] is not None:
        limits.append(" / ".join(f"{limit_a:g}" for limit_a in node["limit_a"]) + " A")
    return ", ".join(limits) or "none"


def _audit(entries: Sequence[Mapping[str, Any]]) -> str:
    """Every decision about priority, the oldest first."""
    rows = [
        [
            clock(milliseconds(entry["created_at"])),
            entry["decision"],
            "–" if entry["tier"] is None else f"P{entry['tier']}",
            entry["location_zone"] or "unknown",
            "unknown" if entry["soc"] is None else f"{entry['soc']:g} %",
            entry["reason"],
        ]
        for entry in reversed(entries)
    ]
    table = _table("audit", ["at", "decision", "tier", "zone"], ["charge level"], rows, ["because"])
    return f"<h2>Who got priority, who did not, and why</h2>{table}"


def _visits(lives: Sequence[Life]) -> str:
    numbers = ["arrived", "left", "waited", "charged", "paused", "got", "asked for", "share"]
    noted = any(life.notes for life in lives)
    rows = [[*_visit(life), *(["; ".join(life.notes)] if noted else [])] for life in lives]
    table = _table("visits", ["car", "charger"], numbers, rows, ["what else happened"] if noted else [])
    return f'<h2>All visits in numbers</h2><p class="lead">Times in minutes, energy in kWh.</p>{table}'


def _visit(life: Life) -> list[str]:
    return [
        life.name,
        life.charger or "–",
        clock(life.arrival_ms),
        clock(life.left_ms),
        *(str(life.minutes(doing)) for doing in ("waiting", "charging", "paused")),
        f"{life.energy_kwh:.1f}",
        f"{life.requested_kwh:.1f}",
        f"{life.share_pct} %",
    ]


def _table(
    name: str, first: Sequence[str], numbers: Sequence[str], rows: Sequence[Sequence[str]], last: Sequence[str] = ()
) -> str:
    """Columns of words, then of numbers, then of words that may be long."""
    kinds = [*[' class="words"'] * len(first), *[""] * len(numbers), *[' class="words notes"'] * len(last)]
    head = "".join(
        f'<th scope="col"{kind}>{escape(column)}</th>'
        for column, kind in zip([*first, *numbers, *last], kinds, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>\n"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table class="{name}">'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>"
    )


def _foot() -> str:
    """Whose data it is and on what terms: the source and the licence, in the words of the data's own README."""
    readme = DATA.read_text(encoding="utf-8")
    source = "Source: " + readme.partition("Source: ")[2].partition("\n\n")[0].replace("`", "")
    licence = readme.partition("## ")[2].strip()
    paragraphs = "".join(f"<p>{escape(' '.join(part.split()))}</p>" for part in licence.split("\n\n"))
    return f'<footer><p>{escape(" ".join(source.split()))}</p><div class="licence">{paragraphs}</div></footer>'
