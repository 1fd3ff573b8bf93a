"""The energy of a transaction: how its register may behave, and what it received, as a sum of believed increments.

A register counts since the meter was built, or since the session began; it is reset, wraps, counts in whole kWh, and
some readings of it are nonsense. What it gains is believed as far as its outlet can deliver it in the time. A value
that does not continue the register's course may begin another one, which is followed once a second value continues it.
Where no value comes before the stop's, the energy is that of the believed power over time, as an estimate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.electrical import flow
from domain.electrical.believing import Verdict, most_wh
from domain.electrical.flow import Flow
from domain.electrical.grid import Outlet

WRAPS = (10**5, 10**6, 10**7, 10**8, 10**9, 10**10, 2**16, 2**24, 2**31, 2**32)
"""Where registers begin again at 0 (Wh): digits that are full, in Wh or kWh, and integers that overflow."""
STEPS = (1000, 100, 10, 1)
"""What registers count in (Wh)."""
LATE_MS = 5 * 60_000
"""A message may be this late, and those after it seem to come too soon. Clocks that move by more were set."""
SHAKE_MS = 60_000
"""A register's value may be this much older than the time that stands beside it."""
REFRESH_MS = 15 * 60_000
"""A register that stands still may be refreshed this late, with all that was delivered since."""
LONGEST_OUTAGE_MS = 24 * 3_600_000
"""A start that is older when it is reported has the time of a clock that was not set."""
NOISE_WH = 10
"""A register that is the sum of others may fall by this."""
FLOW_WH = 100
"""A stop's meter that shows less than half of what flowed, and less by more than this, is of no register."""
STUCK_WH = 5_000
STUCK_SHARE = 10
"""Once so much has flowed, a register that shows less than this part of it stands still, or counts in another unit."""
COURSES = 3
"""Courses that are remembered: the believed one, the one before it, and one that has just begun."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When something came (`ms` UTC), and when it was measured by the charger's clock."""

    ms: int
    charger_ms: int

    def elapsed_ms(self, now: Moment) -> int:
        """The time between two measurements: by the charger's clock, unless ours says that it was set meanwhile."""
        by_charger_ms = now.charger_ms - self.charger_ms
        ours_ms = now.ms - self.ms
        return by_charger_ms if abs(by_charger_ms - ours_ms) <= LATE_MS else ours_ms


@dataclass(frozen=True, slots=True)
class Course:
    """A register's course: its newest value, and the transaction's energy if this is the true course (Wh).

    `spare_wh`: what it may gain beyond what the outlet delivers from now on, by the charger's clock, for values that
    are older than their time and for whole steps; `late_wh`: the same by our clock, for late messages. `readings`
    continued it. `estimated`: it did not begin with the transaction's start.
    """

    value_wh: int
    at: Moment
    spare_wh: int
    late_wh: int
    step_wh: int
    energy_wh: int = 0
    readings: int = 0
    estimated: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether it began with the start, or something continued it."""
        return not self.estimated or self.readings > 1


@dataclass(frozen=True, slots=True)
class RegisterEnergy:
    """The energy of a transaction by its register: the courses that it may follow, the believed one first.

    `verdict` and `reason` are of the newest reading; `refusals`: how many in a row were not believed. `flow`: what its
    power amounts to, which counts where no value of the register has come, or none that can be true.
    """

    transaction_id: str
    began: Moment
    courses: tuple[Course, ...]
    verdict: Verdict = "believed"
    reason: str = ""
    refusals: int = 0
    flow: Flow | None = None

    @property
    def is_metered(self) -> bool:
        """Whether a value of the register has come since the start, and it is not stuck."""
        shown_wh = self.courses[0].energy_wh
        stuck = self.flowed_wh >= STUCK_WH and shown_wh * STUCK_SHARE < self.flowed_wh
        return self.courses[0].readings > 0 and not stuck

    @property
    def flowed_wh(self) -> int:
        return 0 if self.flow is None else self.flow.energy_wh

    @property
    def energy_wh(self) -> int:
        return self.courses[0].energy_wh if self.is_metered else self.flowed_wh

    @property
    def estimated(self) -> bool:
        return self.courses[0].estimated if self.is_metered else self.flowed_wh > 0


def began(reported_ms: int, by_charger_ms: int) -> Moment:
    """When a transaction began. A start that was queued in an outage is reported late: then only the charger's clock
    says when."""
    by_charger_ms = by_charger_ms if by_charger_ms > 0 else reported_ms
    was_queued = 0 < reported_ms - by_charger_ms <= LONGEST_OUTAGE_MS
    return Moment(by_charger_ms if was_queued else reported_ms, by_charger_ms)


def begin(transaction_id: str, outlet: Outlet, meter_start_wh: int, at: Moment) -> RegisterEnergy:
    """The energy of a transaction that began with this value of its register."""
    return RegisterEnergy(transaction_id, at, (_course(outlet, meter_start_wh, at),))


def flowing(energy: RegisterEnergy, power_w: int, now: Moment) -> RegisterEnergy:
    """The energy after a power that is believed."""
    before = energy.flow or Flow(0, energy.began.ms)
    return replace(energy, flow=flow.followed(before, power_w, now.ms))


def read(energy: RegisterEnergy, outlet: Outlet, value_wh: int, now: Moment) -> RegisterEnergy:
    """The energy after another value of the register."""
    believed, *others = energy.courses
    for index, course in enumerate(energy.courses):
        after = _continued(energy, course, outlet, value_wh, now)
        if after is None:
            continue
        rest = energy.courses[:index] + energy.courses[index + 1 :]
        grows_alone = energy.refusals > 0 and after.energy_wh > course.energy_wh
        if index == 0 or course.is_sure or grows_alone:
            return _followed(energy, (after, *rest))
        beside = replace(after, readings=course.readings)  # the believed one may go on: a charger may report both
        return _refused(energy, (*energy.courses[:index], beside, *energy.courses[index + 1 :]), value_wh)
    begun = _begun(replace(believed, energy_wh=energy.energy_wh), outlet, value_wh, now)
    if believed.readings == 0 or not believed.is_sure:
        reason = f"its register reads {value_wh} Wh, which does not continue {believed.value_wh} Wh"
        courses = (begun, believed, *others)[:COURSES]
        return replace(energy, courses=courses, verdict="estimated", reason=reason, refusals=energy.refusals + 1)
    return _refused(energy, (believed, begun, *others)[:COURSES], value_wh)


def end(energy: RegisterEnergy, outlet: Outlet, value_wh: int, now: Moment) -> RegisterEnergy:
    """The energy after the last value of the register, which no other can affirm."""
    for index, course in enumerate(energy.courses):
        after = _continued(energy, course, outlet, value_wh, now)
        if after is not None and (energy.is_metered or after.energy_wh >= energy.flowed_wh // 2 - FLOW_WH):
            return _followed(energy, (after, *energy.courses[:index], *energy.courses[index + 1 :]))
    believed = energy.courses[0]
    total_wh = _as_session_register(believed, outlet, value_wh, now)
    if total_wh is None or (not energy.is_metered and total_wh < energy.flowed_wh // 2 - FLOW_WH):
        last = replace(believed, energy_wh=energy.energy_wh, estimated=True)
    else:
        last = replace(believed, energy_wh=total_wh, readings=believed.readings + 1, estimated=True)
    return _refused(energy, (last, *energy.courses[1:]), value_wh)


def _course(outlet: Outlet, value_wh: int, at: Moment) -> Course:
    step_wh = _step_wh(value_wh)
    return Course(value_wh, at, step_wh + most_wh(outlet, SHAKE_MS), step_wh + most_wh(outlet, LATE_MS), step_wh)


def _begun(believed: Course, outlet: Outlet, value_wh: int, now: Moment) -> Course:
    """Another course: a session's register, one that was reset, or one of which only the growth is known."""
    total_wh = _as_session_register(believed, outlet, value_wh, now)
    if total_wh is None:
        since_reset_wh = value_wh if value_wh <= _room_wh(believed, outlet, now) else 0
        total_wh = believed.energy_wh + since_reset_wh
    return replace(_course(outlet, value_wh, now), energy_wh=total_wh, readings=1, estimated=True)


def _as_session_register(believed: Course, outlet: Outlet, value_wh: int, now: Moment) -> int | None:
    """The value as the transaction's energy, where that is possible."""
    gained_wh = value_wh - believed.energy_wh
    return value_wh if 0 <= gained_wh <= _room_wh(believed, outlet, now) else None


def _continued(energy: RegisterEnergy, course: Course, outlet: Outlet, value_wh: int, now: Moment) -> Course | None:
    """The course with one value more. None: the outlet can't have delivered that since."""
    gain_wh = _gain_wh(course, value_wh)
    step_wh = min(course.step_wh, _step_wh(value_wh))
    finer_wh = course.step_wh - step_wh
    spare_wh = course.spare_wh - finer_wh + most_wh(outlet, course.at.elapsed_ms(now)) - gain_wh
    late_wh = course.late_wh - finer_wh + most_wh(outlet, now.ms - course.at.ms) - gain_wh
    total_wh = course.energy_wh + gain_wh
    refresh_ms = 0 if gain_wh else REFRESH_MS
    most_total_wh = step_wh + most_wh(outlet, energy.began.elapsed_ms(now) + LATE_MS)
    if spare_wh < 0 or late_wh < 0 or total_wh > most_total_wh:
        return None
    return replace(
        course,
        value_wh=value_wh if gain_wh else course.value_wh,
        at=now,
        spare_wh=min(spare_wh, step_wh + most_wh(outlet, max(SHAKE_MS, refresh_ms))),
        late_wh=min(late_wh, step_wh + most_wh(outlet, max(LATE_MS, refresh_ms))),
        step_wh=step_wh,
        energy_wh=total_wh,
        readings=course.readings + 1,
    )


def _room_wh(course: Course, outlet: Outlet, now: Moment) -> int:
    by_charger_wh = course.spare_wh + most_wh(outlet, course.at.elapsed_ms(now))
    return min(by_charger_wh, course.late_wh + most_wh(outlet, now.ms - course.at.ms))


def _gain_wh(course: Course, value_wh: int) -> int:
    """What it gained, if it begins again at 0 where digits or integers end."""
    gain_wh = value_wh - course.value_wh
    if gain_wh >= 0:
        return gain_wh
    if gain_wh >= -max(NOISE_WH, course.step_wh if course.step_wh < max(STEPS) else 0):
        return 0
    return min(gain_wh + size for size in (*WRAPS, 10**20) if size > course.value_wh)


def _step_wh(value_wh: int) -> int:
    return next(step for step in STEPS if value_wh % step == 0)


def _followed(energy: RegisterEnergy, courses: tuple[Course, ...]) -> RegisterEnergy:
    return replace(energy, courses=courses, verdict="believed", reason="", refusals=0)


def _refused(energy: RegisterEnergy, courses: tuple[Course, ...], value_wh: int) -> RegisterEnergy:
    reason = f"its register reads {value_wh} Wh after {courses[0].value_wh} Wh: its outlet can't have delivered that"
    return replace(energy, courses=courses, verdict="refused", reason=reason, refusals=energy.refusals + 1)
