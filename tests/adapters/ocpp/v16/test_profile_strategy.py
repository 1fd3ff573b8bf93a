"""The options of putting a limit to a charger, and how refusals and capabilities choose among them."""

from __future__ import annotations

import pytest

from adapters.ocpp.v16.profile_strategy import (
    FAILSAFE_OPTIONS,
    LEASE_OPTIONS,
    Capabilities,
    ProfileStrategy,
    Purpose,
    Unit,
    capabilities_of,
)

UNKNOWN = Capabilities()
UNIT_KEY = "ChargingScheduleAllowedChargingRateUnit"


def test_a_refused_option_is_followed_by_the_next_and_the_last_by_the_first() -> None:
    strategy = ProfileStrategy(FAILSAFE_OPTIONS)
    tried = []
    for is_last in (False, False, False, True):
        tried.append(strategy.option(UNKNOWN))
        assert strategy.refused(tried[-1], UNKNOWN) is not is_last
    assert tuple(tried) == FAILSAFE_OPTIONS
    assert strategy.option(UNKNOWN) is FAILSAFE_OPTIONS[0]


def test_options_that_the_capabilities_exclude_are_passed_over() -> None:
    strategy, watts = ProfileStrategy(LEASE_OPTIONS), Capabilities(units=frozenset({Unit.watts}))
    first = strategy.option(watts)
    assert (first.purpose, first.unit, first.stack_level) == (Purpose.tx_profile, Unit.watts, 1)
    assert strategy.refused(first, watts)
    second = strategy.option(watts)
    assert (second.purpose, second.unit, second.stack_level) == (Purpose.tx_profile, Unit.watts, 0)


def test_if_no_option_is_allowed_the_capabilities_are_not_believed() -> None:
    strategy, nothing = ProfileStrategy(FAILSAFE_OPTIONS), Capabilities(max_stack_level=-1)
    assert strategy.option(nothing) is FAILSAFE_OPTIONS[0]
    assert not strategy.refused(FAILSAFE_OPTIONS[0], nothing)


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({}, UNKNOWN),
        ({UNIT_KEY: "Current"}, Capabilities(units=frozenset({Unit.amps}))),
        ({UNIT_KEY: "Current,Power"}, Capabilities(units=frozenset({Unit.amps, Unit.watts}))),
        ({UNIT_KEY: " W "}, Capabilities(units=frozenset({Unit.watts}))),
        ({UNIT_KEY: "furlongs"}, UNKNOWN),
        ({"ChargeProfileMaxStackLevel": " 8 "}, Capabilities(max_stack_level=8)),
        ({"ChargeProfileMaxStackLevel": "many"}, UNKNOWN),
        ({"MaxChargingProfilesInstalled": "1"}, Capabilities(max_profiles=1)),
        ({"MaxChargingProfilesInstalled": "-1"}, UNKNOWN),
    ],
)
def test_capabilities_are_read_from_the_configuration(configuration: dict[str, str], expected: Capabilities) -> None:
    assert capabilities_of(configuration) == expected


def test_with_one_profile_only_the_default_profile_is_left() -> None:
    one = Capabilities(max_profiles=1)
    assert all(one.allow(option) for option in FAILSAFE_OPTIONS)
    assert [option.purpose for option in LEASE_OPTIONS if one.allow(option)] == [Purpose.tx_default_profile] * 2
