"""The meter values of a charge point: the usual way, or an odd one that the standard allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

Sample = dict[str, str]
MeterStyle = Literal["register", "kwh_per_phase", "energy_only"]
CONTEXTS = {"aligned": "Sample.Clock", "sampled": "Sample.Periodic", "triggered": "Trigger"}


def meter_value(
    timestamp: str,
    occasion: str,
    style: MeterStyle,
    register_wh: float,
    currents_a: Sequence[float],
    voltage_v: float,
) -> dict[str, Any]:
    """One `meterValue`: the register of a lifetime, the current of each phase and the power, all as they are now.

    A charge point with one phase names none; phases are the charge point's own, L1 being its first.
    """
    context = CONTEXTS[occasion]
    phases = len(currents_a)
    names = [f"L{number}" for number in range(1, phases + 1)] if phases > 1 or style == "kwh_per_phase" else [None]
    if style == "kwh_per_phase":
        samples = [
            _sample(f" {register_wh / phases / 1000:.6f} ", context, "Energy.Active.Import.Register", "kWh", name)
            for name in names
        ]
        each = list(zip(names, currents_a, strict=True))
        samples += [_sample(f" {current_a:.2f} ", context, "Current.Import", "A", name) for name, current_a in each]
        samples += [
            _sample(f" {current_a * voltage_v / 1000:.5f} ", context, "Power.Active.Import", "kW", name)
            for name, current_a in each
        ]
    else:
        samples = [_sample(f"{register_wh:.0f}", context, "Energy.Active.Import.Register", "Wh", None)]
    if style == "register":
        samples += [
            _sample(f"{current_a:.2f}", context, "Current.Import", "A", name)
            for name, current_a in zip(names, currents_a, strict=True)
        ]
        samples.append(_sample(f"{sum(currents_a) * voltage_v:.0f}", context, "Power.Active.Import", "W", None))
    return {"timestamp": timestamp, "sampledValue": samples}


def _sample(value: str, context: str, measurand: str, unit: str, phase: str | None) -> Sample:
    sample = {"value": value, "context": context, "measurand": measurand, "unit": unit}
    return sample if phase is None else {**sample, "phase": phase}
