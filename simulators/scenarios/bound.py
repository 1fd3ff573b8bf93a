"""The upper bound of the energy that any system could deliver to the sessions of a day.

A linear program with perfect foresight, relaxed wherever a real site is restricted:

- the future is known, a car may take its charger the moment it arrives and leave it the moment it likes, at no cost, as
  often as it likes, and may even be shared out between chargers: what matters is power / full power, summed;
- any rate from 0 up (no 6 A minimum, no whole amps), reached at once, with an ideal battery;
- only the limits of the site and of its panels bind, not those of single phases.

Any real schedule, averaged over each stretch of time between two changes of what is known (an arrival, a departure, a
new limit), satisfies every constraint below, as all of them are linear and constant within a stretch. So the optimum
is an upper bound on what any real schedule delivers, and no smaller step could make it tighter.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import highspy
import numpy as np


@dataclass(frozen=True, slots=True)
class BoundSession:
    """A car: it is there from `arrival_s` to `departure_s`, wants `energy_kwh`, and takes at most `max_kw`."""

    arrival_s: float
    departure_s: float
    energy_kwh: float
    max_kw: float


@dataclass(frozen=True, slots=True)
class BoundPanel:
    """A group of `places` chargers of `place_kw` each, with `limit_kw` for all of them together (None: no limit)."""

    places: int
    place_kw: float
    limit_kw: float | None = None


@dataclass(frozen=True, slots=True)
class LimitStep:
    """From `start_s` until the next step, the whole site may draw `limit_kw`."""

    start_s: float
    limit_kw: float


def offline_bound_kwh(
    sessions: Sequence[BoundSession], panels: Sequence[BoundPanel], site_limits: Sequence[LimitStep]
) -> float:
    """Upper bound in kWh on what `sessions` can be given, all together.

    Raises `ValueError` where the site's limit is not known from the first arrival on, and `RuntimeError` where the
    solver finds no optimum.
    """
    present = [session for session in sessions if session.departure_s > session.arrival_s]
    if not present:
        return 0.0
    limits = sorted(site_limits, key=lambda step: step.start_s)
    if not limits or limits[0].start_s > min(session.arrival_s for session in present):
        raise ValueError("site_limits: must be known from the first arrival on")

    changes = {step.start_s for step in limits}
    for session in present:
        changes |= {session.arrival_s, session.departure_s}
    program = _Program()
    energy_rows = [program.row(session.energy_kwh) for session in present]
    for start_s, end_s in pairwise(sorted(changes)):
        hours = (end_s - start_s) / 3600
        site_kw = [step.limit_kw for step in limits if step.start_s <= start_s]
        there = [
            (row, session)
            for row, session in zip(energy_rows, present, strict=True)
            if session.arrival_s <= start_s and end_s <= session.departure_s
        ]
        if not there:
            continue
        site_row = program.row(site_kw[-1])
        car_rows = [program.row(1.0) for _ in there]
        for panel in panels:
            places_row = program.row(panel.places)
            panel_row = None if panel.limit_kw is None else program.row(panel.limit_kw)
            for (energy_row, session), car_row in zip(there, car_rows, strict=True):
                # The variable is power; a car at full power fills a place, one at half power half a place.
                full_kw = min(session.max_kw, panel.place_kw)
                if full_kw <= 0:
                    continue
                entries = {energy_row: hours, site_row: 1.0, car_row: 1 / full_kw, places_row: 1 / full_kw}
                if panel_row is not None:
                    entries[panel_row] = 1.0
                program.column(hours, entries)
    return program.maximum()


class _Program:
    """maximise gain · x where rows · x <= upper and x >= 0, built column by column."""

    def __init__(self) -> None:
        self._upper: list[float] = []
        self._gain: list[float] = []
        self._starts: list[int] = [0]
        self._rows: list[int] = []
        self._values: list[float] = []

    def row(self, upper: float) -> int:
        self._upper.append(upper)
        return len(self._upper) - 1

    def column(self, gain: float, entries: dict[int, float]) -> None:
        self._gain.append(gain)
        self._rows.extend(entries)
        self._values.extend(entries.values())
        self._starts.append(len(self._rows))

    def maximum(self) -> float:
        if not self._gain:
            return 0.0
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self._gain), len(self._upper)
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.col_cost_ = np.array(self._gain)
        lp.col_lower_ = np.zeros(lp.num_col_)
        lp.col_upper_ = np.full(lp.num_col_, highspy.kHighsInf)
        lp.row_lower_ = np.full(lp.num_row_, -highspy.kHighsInf)
        lp.row_upper_ = np.array(self._upper)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = np.array(self._starts, dtype=np.int32)
        lp.a_matrix_.index_ = np.array(self._rows, dtype=np.int32)
        lp.a_matrix_.value_ = np.array(self._values)
        solver = _silent_solver()
        solver.passModel(lp)
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"no optimum: {solver.modelStatusToString(solver.getModelStatus())}")
        return float(solver.getInfo().objective_function_value)


def _silent_solver() -> highspy.Highs:
    """A solver without its banner, which goes to the C library's standard output before any option can suppress it."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            solver = highspy.Highs()  # type: ignore[no-untyped-call]  # the only part of highspy without types
            solver.silent()
            return solver
    finally:
        os.dup2(kept, 1)
        os.close(kept)
