"""Units: OCPP's sampled values in ours, and our limits in OCPP's.

Chargers leave out measurand and unit, pad strings, send kW and kWh, values per phase without a total, session registers
beside lifetime registers, and samples that waited for hours. A value out of range is dropped with a log line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapters.ocpp.v16.message import Drop, is_text
from adapters.ocpp.v16.meter_value import UNREADABLE, MeterValue, SampledValue
from commands.ports.directory import ChargerIdentity
from domain.records.observations import Metered, Moment, SignedValue

OLD_MS = 5 * 60_000
"""A sample this far from our time is not of now."""
OLD_TRANSACTION_MS = 60_000
"""A sample of a transaction's begin or end is of that moment only."""
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
ELSEWHERE = ("ev", "body")
"""Locations whose values are not of the outlet."""


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """A measurand: our field, the factors of `units` to ours (the first is the default), the largest that is recorded.

    What an outlet can't carry is recorded too: the rules refuse it, in the name of its charger. `flows`: a negative
    value is that of a transformer put on the wrong way round, or of a car that feeds back: the wires carry as much.
    """

    field: str
    units: Mapping[str, int]
    limit: int
    flows: bool = False


CURRENT = Quantity("current_ma", {"a": 1000, "ma": 1}, 10**10, flows=True)
POWER = Quantity("power_w", {"w": 1, "kw": 1000}, 10**10, flows=True)
ENERGY = Quantity("energy_wh", {"wh": 1, "kwh": 1000}, 10**12)
DEFAULT_MEASURAND = "energy.active.import.register"
QUANTITIES = {"current.import": CURRENT, "power.active.import": POWER, DEFAULT_MEASURAND: ENERGY}
CONDUCTORS: dict[str, int | None] = {"": None, "l1": 0, "l1-n": 0, "l2": 1, "l2-n": 1, "l3": 2, "l3-n": 2}
"""None: the value is of no one phase. The neutral, and voltages between phases, are of no use here."""

Values = dict[Quantity, dict[int | None, int]]
"""Per quantity, per conductor of the charger."""


def metered(
    charger: ChargerIdentity,
    connector_id: int,
    transaction_id: str | None,
    samples: Sequence[MeterValue],
    now_ms: int,
    drop: Drop,
) -> list[Metered]:
    """One observation for each point in time, the oldest first; fresh is only the newest that holds a current.

    What was sampled at no readable time is of no moment: it gets the time at which it was received, and is not fresh.
    What can't be read is passed to `drop`, and nothing beside it.
    """
    charger = replace(charger, phases=charger.phases_of(connector_id))
    samples_at: dict[tuple[int, bool], list[SampledValue]] = {}
    for sample in samples:
        timed = sample.timestamp is not None
        at_ms = sample.timestamp if sample.timestamp is not None else now_ms
        samples_at.setdefault((at_ms, timed), []).extend(sample.sampledValue)
    all_read = [
        _observation(charger, connector_id, transaction_id, at_ms, timed, samples_at[at_ms, timed], now_ms, drop)
        for at_ms, timed in sorted(samples_at)
    ]
    useful = [one for one in all_read if one.signed or _is_measured(one)]
    live = [one for one in useful if one.current_ma] or [one for one in useful if one.power_w is not None]
    newest_ms = live[-1].charger_time_ms if live else 0
    older = {"fresh": False, "stale_by_clock": False}
    return [one if one.charger_time_ms >= newest_ms else one.model_copy(update=older) for one in useful]


def _is_measured(metered: Metered) -> bool:
    return bool(metered.current_ma) or metered.power_w is not None or metered.energy_wh is not None


def _observation(
    charger: ChargerIdentity,
    connector_id: int,
    transaction_id: str | None,
    at_ms: int,
    timed: bool,
    sampled: Sequence[SampledValue],
    now_ms: int,
    drop: Drop,
) -> Metered:
    values = _values(charger, sampled, drop)
    signed = tuple(SignedValue(moment=_moment(one), text=one.value) for one in sampled if _is_signed(one))
    return Metered(
        charger_id=charger.outlet_id(connector_id),
        evse_id=connector_id,
        transaction_id=transaction_id,
        charger_time_ms=at_ms,
        current_ma=_currents(charger, values[CURRENT]),
        power_w=_total(values[POWER]),
        energy_wh=_total(values[ENERGY]),
        fresh=timed and _is_fresh(sampled, at_ms, now_ms),
        stale_by_clock=timed and abs(now_ms - at_ms) > OLD_MS and not _has_context(sampled, "transaction."),
        requested=_has_context(sampled, "trigger"),
        signed=signed,
    )


def _is_signed(sampled: SampledValue) -> bool:
    return sampled.format == "signeddata" and is_text(sampled.value)


def _moment(sampled: SampledValue) -> Moment:
    moments: dict[str, Moment] = {"transaction.begin": "begin", "transaction.end": "end"}
    return moments.get(sampled.context, "other")


def _is_fresh(sampled: Sequence[SampledValue], at_ms: int, now_ms: int) -> bool:
    return abs(now_ms - at_ms) <= (OLD_TRANSACTION_MS if _has_context(sampled, "transaction.") else OLD_MS)


def _has_context(sampled: Sequence[SampledValue], begin: str) -> bool:
    return any(value.context.startswith(begin) for value in sampled)


def _values(charger: ChargerIdentity, sampled: Iterable[SampledValue], drop: Drop) -> Values:
    """Of a value that comes twice (session and lifetime registers, inlet and outlet) the higher one counts."""
    values: Values = {CURRENT: {}, POWER: {}, ENERGY: {}}
    for value in sampled:
        quantity = QUANTITIES.get(value.measurand or DEFAULT_MEASURAND)
        conductor = CONDUCTORS.get(value.phase, -1)
        if UNREADABLE in (value.measurand, value.phase):
            drop("measurand" if value.measurand == UNREADABLE else "phase", "a text is needed")
        if quantity is None or conductor == -1 or value.location in ELSEWHERE or _is_signed(value):
            continue
        try:
            amount = _amount(quantity, value)
        except Implausible as reason:
            drop(quantity.field, str(reason))
        else:
            values[quantity][conductor] = max(amount, values[quantity].get(conductor, 0))
    return values


class Implausible(ValueError):
    """A sampled value that is not believed, and why."""


def _amount(quantity: Quantity, sampled: SampledValue) -> int:
    """The value in our unit. Raises `Implausible`."""
    unit = sampled.unit or next(iter(quantity.units))
    if unit not in quantity.units:
        raise Implausible(f"one of the units {', '.join(quantity.units)} is needed")
    if sampled.format == "signeddata":
        raise Implausible("signed data is needed as a text")
    number = _number(sampled.value)
    if number is None:
        raise Implausible("a number is needed")
    amount = number * quantity.units[unit]
    amount = abs(amount) if quantity.flows else amount
    if not 0 <= amount <= quantity.limit:
        raise Implausible(f"not between 0 and {quantity.limit}")
    return round(amount)


def _number(value: Any) -> float | None:
    """A number, or a text that is one. A comma may be a decimal sign, or stand between thousands: it is not read."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    return float(text) if NUMBER.fullmatch(text) else None


def _total(values: Mapping[int | None, int]) -> int | None:
    """The total that was reported, else the sum of the phases."""
    if None in values:
        return values[None]
    return sum(values.values()) if values else None


def _currents(charger: ChargerIdentity, values: Mapping[int | None, int]) -> tuple[int, int, int] | None:
    """mA on the site's phases. A conductor without a value counts like the highest that has one: unknown is not 0."""
    of_phase = _by_site_phase(charger, values)
    if not of_phase and None not in values:
        return None
    without_value = values.get(None, max(of_phase.values(), default=0))
    currents = [0, 0, 0]
    for phase in charger.phases:
        currents[phase] = of_phase.get(phase, without_value)
    return currents[0], currents[1], currents[2]


def _by_site_phase(charger: ChargerIdentity, values: Mapping[int | None, int]) -> dict[int, int]:
    """L1 is the charger's first conductor, wired to the site's phase `phases[0]`.

    A single-phase charger may report L1, or the site's phase: either flows through the one that it has.
    """
    reported = {conductor: value for conductor, value in values.items() if conductor is not None}
    if reported and len(charger.phases) == 1:
        return {charger.phases[0]: max(reported.values())}
    return {
        charger.phases[conductor]: value for conductor, value in reported.items() if conductor < len(charger.phases)
    }


def amperes(limit_ma: int) -> float:
    """A per phase with one decimal, rounded down: a limit is never overstated."""
    return limit_ma // 100 / 10


def watts(total_ma: int, voltage_mv: int) -> float:
    """W of all phases together, rounded down."""
    return float(math.floor(total_ma * voltage_mv / 1_000_000))
