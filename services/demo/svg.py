"""Small pieces of SVG: a frame that maps time and value to places, its axes, and paths of steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from services.demo.day import clock, local

HOUR_MS = 3_600_000
Step = tuple[int, float]
"""From this instant (ms) on, this value."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The area of a chart: time from left to right, values from 0 upwards. Coordinates are in pixels."""

    width: int
    height: int
    start_ms: int
    end_ms: int
    highest: float = 1.0
    left: int = 34
    right: int = 42
    top: int = 10
    bottom: int = 24

    @property
    def floor(self) -> int:
        return self.height - self.bottom

    def x(self, at_ms: int) -> float:
        share = (at_ms - self.start_ms) / (self.end_ms - self.start_ms)
        return round(self.left + share * (self.width - self.left - self.right), 1)

    def y(self, value: float) -> float:
        return round(self.floor - value / self.highest * (self.floor - self.top), 1)


def svg(frame: Frame, name: str, title: str, description: str, content: Sequence[str]) -> str:
    """A chart with a title and a description for screen readers. `name` is unique on the page."""
    return (
        f'<svg viewBox="0 0 {frame.width} {frame.height}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(description)}</desc>'
        f"{''.join(content)}</svg>"
    )


def hours(frame: Frame) -> str:
    """The axis of local time: a line every hour or more, as many as have room."""
    room_px = 44
    every = next(step for step in (1, 2, 3, 4, 6, 12, 24) if step == 24 or _per_hour(frame) * step >= room_px)
    return "".join(
        f'<path class="grid" d="M{frame.x(at)} {frame.top}V{frame.floor}"/>'
        + text(frame.x(at), frame.height - 7, clock(at), "axis", "middle")
        for at in _full_hours(frame)
        if local(at).hour % every == 0
    )


def values(frame: Frame, every: float, unit: str = "") -> str:
    """The axis of values: a line and a number at each step, the unit at the highest."""
    count = int(frame.highest / every)
    return "".join(
        f'<path class="grid" d="M{frame.left} {frame.y(step * every)}H{frame.width - frame.right}"/>'
        + text(frame.left - 6, frame.y(step * every) + 4, f"{step * every:g}", "axis", "end")
        for step in range(count + 1)
    ) + (text(frame.left + 4, frame.y(count * every) + 12, unit, "axis") if unit else "")


def text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>'


def line(frame: Frame, steps: Sequence[Step], kind: str) -> str:
    """A line of steps, the last of which lasts to the end of the frame."""
    return f'<path class="{kind}" d="{_outline(frame, steps)}H{frame.x(frame.end_ms):g}"/>'


def area(frame: Frame, steps: Sequence[Step], kind: str) -> str:
    """As `line`, filled down to 0."""
    outline = f"{_outline(frame, steps)}H{frame.x(frame.end_ms):g}V{frame.floor}H{frame.x(steps[0][0]):g}Z"
    return f'<path class="{kind}" d="{outline}"/>'


def changes(steps: Sequence[Step]) -> list[Step]:
    """Only the steps at which the value changes."""
    return [step for before, step in zip([None, *steps], steps, strict=False) if before is None or before[1] != step[1]]


def _outline(frame: Frame, steps: Sequence[Step]) -> str:
    first, *rest = changes(steps)
    start = f"M{frame.x(first[0]):g} {frame.y(first[1]):g}"
    return start + "".join(f"H{frame.x(at):g}V{frame.y(value):g}" for at, value in rest)


def _per_hour(frame: Frame) -> float:
    return frame.x(frame.start_ms + HOUR_MS) - frame.x(frame.start_ms)


def _full_hours(frame: Frame) -> Iterator[int]:
    first = -(-frame.start_ms // HOUR_MS) * HOUR_MS
    return iter(range(first, frame.end_ms + 1, HOUR_MS))
