"""From OCPP's sampled values to our units, and from our limits to OCPP's.

Chargers leave out measurand and unit, pad strings, send kW and kWh, values per phase without a total, session registers
beside lifetime registers, and samples that waited for hours. What is out of range is ignored with a log line, never
trusted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from adapters.ocpp.v16.meter_value import MeterValue, SampledValue
from adapters.ocpp.v16.times import time_ms
from commands.ports.directory import ChargerIdentity
from domain.records.observations import Metered

OLD_MS = 5 * 60_000
"""A sample this far from our time says nothing of now."""
OLD_TRANSACTION_MS = 60_000
"""One taken at a transaction's begin or end tells of that moment only."""
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
ELSEWHERE = ("EV", "Body")
"""Locations whose values are not the outlet's."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """What a measurand is called in our fields; `units` to ours (the first is the default), the largest believed."""

    field: str
    units: Mapping[str, int]
    limit: int


CURRENT = Quantity("current_ma", {"a": 1000, "ma": 1}, 1_000_000)
POWER = Quantity("power_w", {"w": 1, "kw": 1000}, 3_000_000)
ENERGY = Quantity("energy_wh", {"wh": 1, "kwh": 1000}, 10**12)
DEFAULT_MEASURAND = "Energy.Active.Import.Register"
QUANTITIES = {"Current.Import": CURRENT, "Power.Active.Import": POWER, DEFAULT_MEASURAND: ENERGY}
CONDUCTORS: dict[str, int | None] = {"": None, "L1": 0, "L1-N": 0, "L2": 1, "L2-N": 1, "L3": 2, "L3-N": 2}
"""None: the value is of no one phase. The neutral, and voltages between phases, are of no use here."""

Values = dict[Quantity, dict[int | None, int]]
"""Per quantity, per conductor of the charger."""


def metered(
    charger: ChargerIdentity, connector_id: int, transaction_id: int | None, samples: Sequence[MeterValue], now_ms: int
) -> list[Metered]:
    """One observation for each point in time, the oldest first; live is only the newest that tells of a current."""
    taken: dict[int, list[MeterValue]] = {}
    for sample in samples:
        taken.setdefault(time_ms(sample.timestamp), []).append(sample)
    seen = [_observation(charger, connector_id, transaction_id, at_ms, taken[at_ms], now_ms) for at_ms in sorted(taken)]
    said = [one for one in seen if one.current_ma or one.power_w is not None or one.energy_wh is not None]
    telling = [one for one in said if one.current_ma] or [one for one in said if one.power_w is not None]
    newest_ms = telling[-1].charger_time_ms if telling else 0
    return [one if one.charger_time_ms >= newest_ms else one.model_copy(update={"fresh": False}) for one in said]


def _observation(
    charger: ChargerIdentity,
    connector_id: int,
    transaction_id: int | None,
    at_ms: int,
    samples: Sequence[MeterValue],
    now_ms: int,
) -> Metered:
    sampled = [value for sample in samples for value in sample.sampledValue]
    values = _values(charger, sampled)
    return Metered(
        charger_id=charger.charger_id,
        connector_id=connector_id,
        transaction_id=transaction_id,
        charger_time_ms=at_ms,
        current_ma=_currents(charger, values[CURRENT]),
        power_w=_total(values[POWER]),
        energy_wh=_total(values[ENERGY]),
        fresh=_is_fresh(sampled, at_ms, now_ms),
    )


def _is_fresh(sampled: Sequence[SampledValue], at_ms: int, now_ms: int) -> bool:
    of_transaction = any((value.context or "").strip().startswith("Transaction.") for value in sampled)
    return abs(now_ms - at_ms) <= (OLD_TRANSACTION_MS if of_transaction else OLD_MS)


def _values(charger: ChargerIdentity, sampled: Iterable[SampledValue]) -> Values:
    """What was said twice (a session register beside the lifetime's, inlet and outlet) counts at the higher value."""
    values: Values = {CURRENT: {}, POWER: {}, ENERGY: {}}
    for value in sampled:
        quantity = QUANTITIES.get((value.measurand or "").strip() or DEFAULT_MEASURAND)
        conductor = CONDUCTORS.get((value.phase or "").strip(), -1)
        if quantity is None or conductor == -1 or (value.location or "").strip() in ELSEWHERE:
            continue
        amount = _amount(quantity, value)
        if amount is None:
            log.warning(
                "meter value ignored", charger=charger.charger_id, field=quantity.field, value=str(value.value)[:40]
            )
            continue
        values[quantity][conductor] = max(amount, values[quantity].get(conductor, 0))
    return values


def _amount(quantity: Quantity, sampled: SampledValue) -> int | None:
    """The value in our unit; None where it is not to be believed."""
    unit = (sampled.unit or "").strip().lower() or next(iter(quantity.units))
    text = str(sampled.value).strip()
    if unit not in quantity.units or not NUMBER.fullmatch(text) or (sampled.format or "").strip() == "SignedData":
        return None
    amount = float(text) * quantity.units[unit]
    return round(amount) if 0 <= amount <= quantity.limit else None


def _total(values: Mapping[int | None, int]) -> int | None:
    """The total as it was said, else the sum of the phases."""
    if None in values:
        return values[None]
    return sum(values.values()) if values else None


def _currents(charger: ChargerIdentity, values: Mapping[int | None, int]) -> tuple[int, int, int] | None:
    """mA on the site's phases. A conductor that was not told of counts like the highest that was: unknown is not 0."""
    of_phase = _by_site_phase(charger, values)
    if not of_phase and None not in values:
        return None
    unsaid = values.get(None, max(of_phase.values(), default=0))
    currents = [0, 0, 0]
    for phase in charger.phases:
        currents[phase] = of_phase.get(phase, unsaid)
    return currents[0], currents[1], currents[2]


def _by_site_phase(charger: ChargerIdentity, values: Mapping[int | None, int]) -> dict[int, int]:
    """L1 is the charger's first conductor, wired to the site's phase `phases[0]`.

    A single-phase charger may say L1, or the site's phase: whatever it names flows through the one it has.
    """
    said = {conductor: value for conductor, value in values.items() if conductor is not None}
    if said and len(charger.phases) == 1:
        return {charger.phases[0]: max(said.values())}
    return {charger.phases[conductor]: value for conductor, value in said.items() if conductor < len(charger.phases)}


def amperes(limit_ma: int) -> float:
    """A per phase with one decimal, rounded down: a limit is never overstated."""
    return limit_ma // 100 / 10


def watts(limit_ma: int, voltage_mv: int, phases: int) -> float:
    """W in total, rounded down."""
    return float(math.floor(limit_ma * voltage_mv * phases / 1_000_000))
