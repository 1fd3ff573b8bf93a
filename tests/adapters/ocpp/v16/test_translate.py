"""Sampled values of real chargers, in our units and on the site's phases."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ocpp.v16.message import read
from adapters.ocpp.v16.meter_value import MeterValue
from adapters.ocpp.v16.times import time_text
from adapters.ocpp.v16.translate import amperes, metered, watts
from commands.ports.directory import ChargerIdentity
from domain.records.observations import Metered
from tests.adapters.ocpp.world import NOW_MS
from tests.examples import examples

THREE = ChargerIdentity("CP1", "s1", (0, 1, 2), 230_000)
ON_L2 = ChargerIdentity("CP2", "s1", (1,), 230_000)
TURNED = ChargerIdentity("CP3", "s1", (1, 2, 0), 230_000)
CURRENT, POWER = "Current.Import", "Power.Active.Import"


def value(amount: Any, measurand: str | None = None, phase: str | None = None, **more: str) -> dict[str, Any]:
    said = {"value": amount, "measurand": measurand, "phase": phase, **more}
    return {name: one for name, one in said.items() if one is not None}


def unheeded(field: str, reason: str) -> None:
    """Of what is dropped, where a test does not look at it."""


def at(seconds: int, *values: dict[str, Any]) -> MeterValue:
    payload = {"timestamp": time_text(NOW_MS + seconds * 1000), "sampledValue": list(values)}
    return read(MeterValue, payload, unheeded)


def one(charger: ChargerIdentity, *values: dict[str, Any]) -> Metered:
    (seen,) = metered(charger, 1, None, [at(0, *values)], NOW_MS, unheeded)
    return seen


@pytest.mark.parametrize(
    ("charger", "values", "current_ma"),
    [
        (THREE, [value("16", CURRENT)], (16_000, 16_000, 16_000)),
        (ON_L2, [value("16", CURRENT)], (0, 16_000, 0)),
        (ON_L2, [value("16", CURRENT, "L1")], (0, 16_000, 0)),
        (ON_L2, [value("16", CURRENT, "L2")], (0, 16_000, 0)),
        (ON_L2, [value("16", CURRENT, "L1"), value("0", CURRENT, "L2"), value("0", CURRENT, "L3")], (0, 16_000, 0)),
        (ON_L2, [value("0", CURRENT, "L1"), value("16", CURRENT, "L2")], (0, 16_000, 0)),
        (THREE, [value("1", CURRENT, "L1"), value("2", CURRENT, "L2"), value("3", CURRENT, "L3")], (1000, 2000, 3000)),
        (TURNED, [value("1", CURRENT, "L1"), value("2", CURRENT, "L2"), value("3", CURRENT, "L3")], (3000, 1000, 2000)),
        (THREE, [value("1", CURRENT, "L1-N"), value("2", CURRENT, "L2-N")], (1000, 2000, 2000)),
        (THREE, [value("7", CURRENT, "L1"), value("5", CURRENT)], (7000, 5000, 5000)),
        (THREE, [value("5", CURRENT), value("9", CURRENT, "N")], (5000, 5000, 5000)),
        (THREE, [value(" 6.04 ", " Current.Import ", " L1 ", unit=" A "), value(6, CURRENT, "L2")], (6040, 6000, 6040)),
        (THREE, [value(6.5, CURRENT)], (6500, 6500, 6500)),
        (THREE, [value("6000", CURRENT, unit="mA")], (6000, 6000, 6000)),
        (THREE, [value("6", CURRENT, location="Inlet"), value("5", CURRENT, location="Outlet")], (6000, 6000, 6000)),
        (THREE, [value("6", CURRENT), value("5", CURRENT, location="EV")], (6000, 6000, 6000)),
        (THREE, [value("0", CURRENT)], (0, 0, 0)),
    ],
)
def test_currents_are_in_milliamperes_on_the_sites_phases(
    charger: ChargerIdentity, values: list[dict[str, Any]], current_ma: tuple[int, int, int]
) -> None:
    assert one(charger, *values).current_ma == current_ma


@pytest.mark.parametrize(
    ("values", "power_w", "energy_wh"),
    [
        ([value("1234")], None, 1234),
        ([value("1.5", unit="kWh")], None, 1500),
        ([value("1.5", unit="KWH")], None, 1500),
        ([value("7", POWER, unit="kW")], 7000, None),
        ([value("7000", POWER)], 7000, None),
        ([value("1000", POWER, phase) for phase in ("L1", "L2", "L3")], 3000, None),
        ([value("1000", POWER, "L1"), value("2500", POWER)], 2500, None),
        ([value("1", "Energy.Active.Import.Register", phase) for phase in ("L1", "L2", "L3")], None, 3),
        ([value("5"), value("912345")], None, 912345),
        ([value("5"), value("7", "Energy.Active.Import.Interval"), value("9", "SoC")], None, 5),
    ],
)
def test_power_and_energy_are_totals_in_watts_and_watt_hours(
    values: list[dict[str, Any]], power_w: int | None, energy_wh: int | None
) -> None:
    seen = one(THREE, *values)
    assert (seen.power_w, seen.energy_wh, seen.current_ma) == (power_w, energy_wh, None)


@pytest.mark.parametrize(
    ("values", "current_ma", "power_w"),
    [
        ([value("-16.0", CURRENT, phase="L1"), value("-0.1", CURRENT, phase="L2")], (16_000, 100, 16_000), None),
        ([value("-3680", POWER)], None, 3_680),
        ([value("-3.68", POWER, unit="kW"), value("0", CURRENT)], (0, 0, 0), 3_680),
    ],
)
def test_a_transformer_that_was_put_on_the_wrong_way_round_shows_what_the_wires_carry(
    values: list[dict[str, Any]], current_ma: Any, power_w: int | None
) -> None:
    seen = one(THREE, *values)
    assert (seen.current_ma, seen.power_w) == (current_ma, power_w)


@pytest.mark.parametrize(
    "bad",
    [
        value("NaN", CURRENT),
        value("inf", CURRENT),
        value("-1"),
        value("10000001", CURRENT),
        value("1e300", CURRENT),
        value("1_0", CURRENT),
        value("1,5", CURRENT),
        value("", CURRENT),
        value("12 A", CURRENT),
        value("٣", CURRENT),
        value("6", CURRENT, unit="V"),
        value(6, CURRENT, format="SignedData"),
        value("", format="SignedData"),
        value("a\0", format="SignedData"),
        value("99999999999", POWER),
        value("1e15"),
    ],
)
def test_what_is_not_to_be_believed_is_dropped_with_the_reason(bad: dict[str, Any]) -> None:
    dropped: list[tuple[str, str]] = []
    assert metered(THREE, 1, None, [at(0, bad)], NOW_MS, lambda *part: dropped.append(part)) == []
    ((field, reason),) = dropped
    assert field in ("current_ma", "power_w", "energy_wh")
    assert reason


OCMF = ' OCMF|{"RV":"1.50" ,"x":"\u00e9\t\n"}|{"SD":"30"} '


def test_a_signed_value_is_left_as_it_came_beside_the_others() -> None:
    signed = [
        value(OCMF, format="SignedData", context=context) for context in ("Transaction.Begin", "Sample.Clock", "")
    ]
    seen = one(THREE, value("6", CURRENT), *signed, value(OCMF, format="signeddata", context="transaction.end"))
    assert seen.current_ma == (6000, 6000, 6000)
    assert [(said.moment, said.text) for said in seen.signed] == [
        ("begin", OCMF),
        ("other", OCMF),
        ("other", OCMF),
        ("end", OCMF),
    ]


def test_signed_values_alone_are_a_reading_without_numbers() -> None:
    seen = one(THREE, value(OCMF, format="SignedData", measurand="Energy.Active.Import.Register", unit="kWh"))
    assert (seen.current_ma, seen.power_w, seen.energy_wh) == (None, None, None)
    assert [said.text for said in seen.signed] == [OCMF]


def test_one_bad_value_does_not_hide_the_others() -> None:
    seen = one(THREE, value("x", CURRENT, "L1"), value("6", CURRENT, "L2"), value("100"))
    assert (seen.current_ma, seen.energy_wh) == ((6000, 6000, 6000), 100)


def test_a_phase_that_the_charger_does_not_have_is_ignored() -> None:
    two_phases = ChargerIdentity("CP4", "s1", (0, 1), 230_000)
    assert metered(two_phases, 1, None, [at(0, value("6", CURRENT, "L3"))], NOW_MS, unheeded) == []


@pytest.mark.parametrize(
    ("seconds", "context", "fresh"),
    [
        (0, None, True),
        (-300, None, True),
        (-301, None, False),
        (301, None, False),
        (0, "Transaction.Begin", True),
        (-61, "Transaction.Begin", False),
        (-61, "Sample.Periodic", True),
    ],
)
def test_old_samples_are_not_live(seconds: int, context: str | None, fresh: bool) -> None:
    sample = value("6", CURRENT) | ({"context": context} if context else {})
    (seen,) = metered(THREE, 1, "9", [at(seconds, sample)], NOW_MS, unheeded)
    assert (seen.fresh, seen.charger_time_ms, seen.transaction_id) == (fresh, NOW_MS + seconds * 1000, "9")


@pytest.mark.parametrize(
    ("seconds", "context", "stale_by_clock", "requested"),
    [
        (0, "Trigger", False, True),
        (7_200, "Trigger", True, True),
        (-7_200, None, True, False),
        (-7_200, "Transaction.Begin", False, False),
    ],
)
def test_a_sample_says_whether_only_its_time_makes_it_old_and_whether_it_was_requested(
    seconds: int, context: str | None, stale_by_clock: bool, requested: bool
) -> None:
    sample = value("6", CURRENT) | ({"context": context} if context else {})
    (seen,) = metered(THREE, 1, "9", [at(seconds, sample)], NOW_MS, unheeded)
    assert (seen.stale_by_clock, seen.requested) == (stale_by_clock, requested)


def test_only_the_newest_sample_of_a_clock_that_is_off_is_stale_by_its_time_alone() -> None:
    seen = metered(THREE, 1, None, [at(7_200, value("8", CURRENT)), at(7_100, value("6", CURRENT))], NOW_MS, unheeded)
    assert [one.stale_by_clock for one in seen] == [False, True]


def test_of_several_samples_the_newest_is_live() -> None:
    samples = [at(-10, value("8", CURRENT)), at(-90, value("6", CURRENT)), at(-600, value("5", CURRENT))]
    seen = metered(THREE, 1, None, samples, NOW_MS, unheeded)
    assert [(one.current_ma, one.fresh) for one in seen] == [
        ((5000, 5000, 5000), False),
        ((6000, 6000, 6000), False),
        ((8000, 8000, 8000), True),
    ]


def test_samples_of_one_moment_are_one_reading() -> None:
    seen = metered(
        THREE, 1, None, [at(0, value("8", CURRENT)), at(0, value("100")), at(0, value("9", POWER))], NOW_MS, unheeded
    )
    assert [(one.current_ma, one.energy_wh, one.power_w) for one in seen] == [((8000, 8000, 8000), 100, 9)]


def test_a_newer_sample_without_a_current_leaves_the_current_live() -> None:
    seen = metered(THREE, 1, None, [at(-2, value("8", CURRENT)), at(-1, value("100"))], NOW_MS, unheeded)
    assert [one.fresh for one in seen] == [True, True]


@pytest.mark.parametrize("amps", [1_000.1, 65_535, 4_294_967])
def test_a_current_that_no_outlet_carries_is_recorded_for_the_rules_to_refuse(amps: float) -> None:
    assert one(THREE, value(str(amps), CURRENT)).current_ma == (round(amps * 1000),) * 3


@given(
    st.lists(
        st.builds(
            value,
            st.text(max_size=8) | st.floats() | st.integers(),
            st.sampled_from([None, CURRENT, POWER, "Voltage"]),
            st.sampled_from([None, "L1", "L2", "L3", "N", "L1-L2"]),
            unit=st.sampled_from(["", "A", "kW", "Wh", "V"]),
        ),
        max_size=8,
    ),
    st.sampled_from([THREE, ON_L2, TURNED]),
    st.integers(-1_000, 1_000),
)
@settings(max_examples=examples(100), deadline=None)
def test_whatever_is_said_stays_in_range_and_on_the_chargers_phases(
    values: list[dict[str, Any]], charger: ChargerIdentity, seconds: int
) -> None:
    for seen in metered(charger, 1, None, [at(seconds, *values)], NOW_MS, unheeded):
        currents = seen.current_ma or (0, 0, 0)
        assert all(0 <= current <= 10**10 for current in currents)
        assert all(currents[phase] == 0 for phase in range(3) if phase not in charger.phases)
        assert seen.power_w is None or 0 <= seen.power_w <= 3 * 10**10
        assert seen.energy_wh is None or seen.energy_wh >= 0


@given(st.integers(0, 1_000_000), st.integers(100_000, 480_000))
@settings(max_examples=examples(100))
def test_a_limit_is_never_overstated(limit_ma: int, voltage_mv: int) -> None:
    assert limit_ma - 100 < amperes(limit_ma) * 1000 <= limit_ma + 1e-6
    assert watts(limit_ma, voltage_mv) * 1_000_000 <= limit_ma * voltage_mv
