"""The charts of a demo day: the load under its cap, the cars, and each visit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

from services.demo.day import Activity, Life, Sample, clock
from services.demo.svg import Frame, Step, area, changes, hours, line, svg, text, values

WORDS: dict[Activity, str] = {
    "waiting": "waiting",
    "held": "charger held",
    "plugged": "plugged in",
    "charging": "charging",
    "paused": "paused",
    "done": "done, still plugged in",
}
THICKNESS: dict[Activity, float] = {
    "waiting": 0.3,
    "held": 0.3,
    "plugged": 0.3,
    "charging": 0.8,
    "paused": 0.8,
    "done": 0.8,
}
"""Share of the row: an activity shows without its colour, too. Paused is hatched, done is hollow."""
KEYS = {"load": "M1 2H27V12H1Z", "leaves": "M14 1V13"}
"""The shapes of legends that are no line."""


def load_plot(samples: Sequence[Sample], start_ms: int, end_ms: int, width: int) -> str:
    """The site's load as an area, its cap as a line of steps."""
    peak_kw = max(sample.load_kw for sample in samples)
    most_kw = max(peak_kw, *(sample.cap_kw for sample in samples))
    every = _every(most_kw, (10, 20, 50, 100, 200))
    frame = Frame(width, 300, start_ms, end_ms, highest=every * ceil(most_kw / every + 0.5))  # the unit has its place
    caps = changes([(sample.at_ms, sample.cap_kw) for sample in samples])
    return svg(
        frame,
        f"load-{width}",
        "Site load against its cap",
        f"The load in kW over the day, at most {peak_kw:.1f}. {_described(caps)}",
        [
            *_lowered(frame, samples),
            values(frame, every, "kW"),
            hours(frame),
            area(frame, _loads(samples, start_ms), "load"),
            line(frame, caps, "cap"),
            *_cap_labels(frame, caps),
        ],
    )


def cars_plot(samples: Sequence[Sample], start_ms: int, end_ms: int, width: int) -> str:
    """How many cars charge, and how many wait."""
    charging = [(sample.at_ms, sample.charging) for sample in samples]
    waiting = [(sample.at_ms, sample.waiting) for sample in samples]
    most = max(count for _, count in charging + waiting)
    every = _every(most, (1, 2, 5, 10, 20, 50))
    frame = Frame(width, 180, start_ms, end_ms, highest=max(every, every * ceil(most / every)))
    return svg(
        frame,
        f"cars-{width}",
        "Cars that charge and cars that wait",
        f"Up to {max(count for _, count in charging)} cars charged and up to {max(count for _, count in waiting)} "
        "waited at the same time.",
        [
            *_lowered(frame, samples),
            values(frame, every),
            hours(frame),
            area(frame, charging, "charging-count"),
            line(frame, charging, "charging-line"),
            line(frame, waiting, "waiting-line"),
        ],
    )


def lives_plot(lives: Sequence[Life], samples: Sequence[Sample], start_ms: int, end_ms: int, width: int) -> str:
    """A row for each car: what it did, and a mark where it left on the recorded day."""
    row_px = 14
    frame = Frame(width, 34 + row_px * len(lives), start_ms, end_ms)
    name = f"lives-{width}"
    return svg(
        frame,
        name,
        "The life of each visit",
        f"{len(lives)} cars, one row each in the order of arrival. The table below has the numbers.",
        [
            _hatching(name),
            *_lowered(frame, samples),
            hours(frame),
            *(_row(frame, life, frame.top + row_px * index, row_px, name) for index, life in enumerate(lives)),
        ],
    )


def key(kind: str) -> str:
    """A sample of a line, an area or a bar, for a legend."""
    frame = Frame(28, 14, 0, 1, left=1, right=1, top=0, bottom=0)
    name = f"key-{kind}"
    if kind in THICKNESS:
        shape = _bars(frame, kind, [(0, 1)], 0, 14, name)
    else:
        shape = f'<path class="{kind}" d="{KEYS.get(kind, "M0 7H28")}"/>'
    return f'<svg class="key" viewBox="0 0 28 14" aria-hidden="true">{_hatching(name)}{shape}</svg>'


def _every(most: float, steps: Sequence[int]) -> int:
    """The distance of the lines of an axis: the least step with at most six lines, else the longest."""
    return next((step for step in steps if most <= 6 * step), steps[-1])


def _lowered(frame: Frame, samples: Sequence[Sample]) -> list[str]:
    """A shade over each time in which the cap was below its highest."""
    caps = changes([(sample.at_ms, sample.cap_kw) for sample in samples])
    ends = [at for at, _ in caps[1:]] + [frame.end_ms]
    most_kw = max(cap_kw for _, cap_kw in caps)
    return [
        f'<path class="lowered" d="M{frame.x(at):g} {frame.top}H{frame.x(end):g}V{frame.floor}H{frame.x(at):g}Z"/>'
        for (at, cap_kw), end in zip(caps, ends, strict=True)
        if cap_kw < most_kw
    ]


def _loads(samples: Sequence[Sample], start_ms: int) -> list[Step]:
    """A sample has the highest load since the one before, so it is drawn from there."""
    starts = [start_ms, *(sample.at_ms for sample in samples)]
    return [(start, sample.load_kw) for start, sample in zip(starts, samples, strict=False)]


def _described(caps: Sequence[Step]) -> str:
    return "The cap: " + ", ".join(f"{cap_kw:g} kW from {clock(at)}" for at, cap_kw in caps) + "."


def _cap_labels(frame: Frame, caps: Sequence[Step]) -> list[str]:
    """The limit at the first step; a lowered cap above its own, in as many words as have room."""
    (first_ms, limit_kw), *rest = caps
    labels = [text(frame.x(first_ms) + 6, frame.y(limit_kw) - 6, f"limit {limit_kw:g} kW", "cap-label")]
    for (at_ms, cap_kw), (end_ms, _) in pairwise([*rest, (frame.end_ms, 0)]):
        if cap_kw < limit_kw:
            left, right = frame.x(at_ms), frame.x(end_ms)
            words = f"cap {cap_kw:g} kW" if right - left > 90 else f"{cap_kw:g} kW"
            labels.append(text((left + right) / 2, frame.y(cap_kw) - 6, words, "cap-label", "middle"))
    return labels


def _row(frame: Frame, life: Life, top: float, height: float, name: str) -> str:
    activities = dict.fromkeys(stretch.activity for stretch in life.stretches)
    bars = [
        _bars(
            frame,
            activity,
            [(one.start_ms, one.end_ms) for one in life.stretches if one.activity == activity],
            top,
            height,
            name,
        )
        for activity in activities
    ]
    middle = top + height / 2
    leaves = f'<path class="leaves" d="M{frame.x(life.departure_ms):g} {top + 1:g}v{height - 2:g}"/>'
    number = text(frame.left - 6, middle + 3.5, str(life.number), "row", "end")
    share = text(frame.width - frame.right + 6, middle + 3.5, f"{life.share_pct} %", "row")
    return f"<g><title>{described(life)}</title>{number}{''.join(bars)}{leaves}{share}</g>"


def described(life: Life) -> str:
    """A visit in one line."""
    minutes = ", ".join(
        f"{WORDS[activity]} {life.minutes(activity)} min" for activity in WORDS if life.minutes(activity)
    )
    return (
        f"Car {life.name}, {clock(life.arrival_ms)} to {clock(life.left_ms)}: {minutes}; "
        f"{life.energy_kwh:.1f} of {life.requested_kwh:.1f} kWh"
    )


def _bars(
    frame: Frame, activity: Activity, stretches: Sequence[tuple[int, int]], top: float, height: float, name: str
) -> str:
    thick = height * THICKNESS[activity]
    edge = top + (height - thick) / 2
    shape = "".join(
        f"M{frame.x(start):g} {edge:g}H{frame.x(end):g}v{thick:g}H{frame.x(start):g}Z" for start, end in stretches
    )
    hatched = f' style="fill:url(#{name}-hatch)"' if activity == "paused" else ""
    return f'<path class="{activity}" d="{shape}"{hatched}/>'


def _hatching(name: str) -> str:
    return (
        f'<defs><pattern id="{name}-hatch" width="4" height="4" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path class="hatch" d="M1 0V4"/></pattern></defs>'
    )
