"""The measurements of a demo day by the simulated world, ready to be drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Literal
from zoneinfo import ZoneInfo

GARAGE = ZoneInfo("America/Los_Angeles")

Activity = Literal["waiting", "held", "plugged", "charging", "paused", "done"]
"""Held: a charger waits for the car. Plugged: not charging yet. Paused: by a limit. Done: still plugged in."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The site at `at_ms`; `load_kw` is the highest since the sample before."""

    at_ms: int
    load_kw: float
    cap_kw: float
    charging: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """The activity of a car from `start_ms` to `end_ms`."""

    activity: Activity
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Life:
    """One car's visit. `departure_ms` is when it left on the recorded day, `left_ms` when it left here."""

    number: int
    charger: str
    arrival_ms: int
    departure_ms: int
    left_ms: int
    requested_kwh: float
    energy_kwh: float
    stretches: tuple[Stretch, ...]
    notes: tuple[str, ...]
    unit: str | None = None
    """The kind of a vehicle with priority, e.g. ambulance."""

    @property
    def name(self) -> str:
        return str(self.number) if self.unit is None else f"{self.number} {self.unit}"

    def minutes(self, activity: Activity) -> int:
        return round(sum(one.end_ms - one.start_ms for one in self.stretches if one.activity == activity) / 60_000)

    @property
    def share_pct(self) -> int:
        return round(100 * self.energy_kwh / self.requested_kwh) if self.requested_kwh else 100


def samples(measured: Mapping[str, Any]) -> list[Sample]:
    return [
        Sample(milliseconds(row["time"]), row["load_kw"], row["cap_kw"], row["charging"], row["waiting"])
        for row in measured["series"]
    ]


def lives(measured: Mapping[str, Any]) -> list[Life]:
    """Members and walk-ups in the order of their arrival, numbered from 1."""
    recorded = sorted([*measured["session_lives"], *measured["walk_up_lives"]], key=lambda life: str(life["arrival"]))
    return [_life(number, life) for number, life in enumerate(recorded, start=1)]


def milliseconds(rfc3339: str) -> int:
    return round(datetime.fromisoformat(rfc3339).timestamp() * 1000)


def local(at_ms: int) -> datetime:
    """The wall clock at the garage."""
    return datetime.fromtimestamp(at_ms / 1000, GARAGE)


def clock(at_ms: int) -> str:
    return f"{local(at_ms):%H:%M}"


def _life(number: int, recorded: Mapping[str, Any]) -> Life:
    left = recorded["left"] or recorded["departure"]
    return Life(
        number=number,
        charger=recorded["charger"] or "",
        arrival_ms=milliseconds(recorded["arrival"]),
        departure_ms=milliseconds(recorded["departure"]),
        left_ms=milliseconds(left),
        requested_kwh=recorded["requested_kwh"],
        energy_kwh=recorded["energy_kwh"],
        stretches=tuple(stretch for stretch in _stretches(recorded, left) if stretch.end_ms > stretch.start_ms),
        notes=tuple(map(_note, recorded["notes"])),
        unit=recorded["unit"],
    )


def _stretches(recorded: Mapping[str, Any], left: str) -> list[Stretch]:
    """Before the plug: waiting, then held. After it, without a gap: charging and paused as recorded, else idle."""
    end_ms, plugged_ms = milliseconds(left), milliseconds(recorded["plugged"] or left)
    held_ms = milliseconds(recorded["assigned"] or recorded["plugged"] or left)
    done_ms = milliseconds(recorded["done"] or left)
    found = [Stretch("waiting", milliseconds(recorded["arrival"]), held_ms), Stretch("held", held_ms, plugged_ms)]
    charging = (Stretch("charging", *map(milliseconds, interval)) for interval in recorded["charging"])
    paused = (Stretch("paused", *map(milliseconds, interval)) for interval in recorded["paused"])
    idle_ms = plugged_ms
    for active in sorted(chain(charging, paused), key=lambda stretch: stretch.start_ms):
        found += [*_idle(idle_ms, active.start_ms, done_ms), active]
        idle_ms = active.end_ms
    return found + _idle(idle_ms, end_ms, done_ms)


def _idle(start_ms: int, end_ms: int, done_ms: int) -> list[Stretch]:
    return [
        Stretch("plugged", start_ms, min(end_ms, max(start_ms, done_ms))),
        Stretch("done", min(end_ms, max(start_ms, done_ms)), end_ms),
    ]


def _note(text: str) -> str:
    """A note with its instant as the local time, and with the detail of its problem details, if it has any."""
    instant, _, message = text.partition(" ")
    words, brace, problem = message.partition("{")
    with suppress(ValueError, KeyError):
        message = words + json.loads(brace + problem)["detail"]
    return f"{clock(milliseconds(instant))} {message}"
