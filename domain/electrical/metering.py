"""The one interpretation of readings: what an outlet carries, by which source, and what its transaction received.

The safety kernel, sites, time series and pages all have it from here. Of one reading currents count before the power,
and the power before the growth of the register, by which chargers are seen that report nothing else. Readings follow
one another, and each is judged by those before it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from domain.electrical import growth, register
from domain.electrical.believing import Drawn, drawn, drawn_by_growth
from domain.electrical.grid import Outlet
from domain.electrical.growth import Growth
from domain.electrical.register import Moment, RegisterEnergy


class Reported(Protocol):
    """What a charger reported of an outlet at one time. None: it did not."""

    @property
    def current_ma(self) -> tuple[int, int, int] | None: ...
    @property
    def power_w(self) -> int | None: ...
    @property
    def energy_wh(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Metering:
    """What the readings of an outlet say together, of its transaction where one runs.

    `phases`: the car was seen to use at least so many. `energy`: what the transaction received; None: there is none.
    `growth`: how the register grows of a charger that reports nothing else.
    """

    transaction_id: str | None = None
    phases: int = 1
    energy: RegisterEnergy | None = None
    growth: Growth | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading says. None: nothing of what is drawn. `since`: from when on it is measured."""

    drawn: Drawn | None
    since: Moment


def read(
    before: Metering, outlet: Outlet, reported: Reported, now: Moment, *, bound_ma: int = 0, restart_ms: int = 0
) -> tuple[Metering, Reading]:
    """The metering after a reading, and what the reading says.

    `bound_ma`: the most that a phase carries (0: what the outlet can). From `restart_ms` on, by our clock, another
    limit must be followed: growth from before says nothing of it.
    """
    metering = _with_energy(before, outlet, reported, now, restart_ms)
    found = drawn(outlet, reported.current_ma, reported.power_w, phases=before.phases, bound_ma=bound_ma)
    since = now
    if found is None and metering.energy is not None and metering.growth is not None:
        between = growth.power_w(metering.growth, metering.energy)
        if between is not None:
            found = drawn_by_growth(outlet, *between, phases=before.phases, bound_ma=bound_ma)
            since = metering.growth.begin
    if found is not None and found.believed:
        metering = replace(metering, phases=max(metering.phases, found.phases))
        if metering.energy is not None and found.source != "energy":
            metering = replace(metering, energy=register.flowing(metering.energy, found.power_w, now))
    return metering, Reading(found, since)


def _with_energy(before: Metering, outlet: Outlet, reported: Reported, now: Moment, restart_ms: int) -> Metering:
    """With the value of the register, where one was reported in a transaction."""
    if before.energy is None or reported.energy_wh is None:
        return before
    energy = register.read(before.energy, outlet, reported.energy_wh, now)
    if reported.current_ma is not None or reported.power_w is not None:
        return replace(before, energy=energy)
    return replace(before, energy=energy, growth=growth.followed(before.growth, energy, now, restart_ms))
