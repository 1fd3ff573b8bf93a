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
    for number in range(1, len(FAILSAFE_OPTIONS) + 1):
        tried.append(strategy.option(UNKNOWN.allow))
        assert strategy.refused(tried[-1], UNKNOWN.allow) is (number < len(FAILSAFE_OPTIONS))
    assert tuple(tried) == FAILSAFE_OPTIONS
    assert strategy.option(UNKNOWN.allow) is FAILSAFE_OPTIONS[0]


def test_amperes_are_tried_in_every_form_before_watts() -> None:
    for options in (FAILSAFE_OPTIONS, LEASE_OPTIONS):
        for purpose in Purpose:
            units = [option.unit for option in options if option.purpose is purpose]
            assert units == sorted(units, key=[Unit.amps, Unit.watts].index)


def test_one_refusal_does_not_rule_an_option_out_and_two_do() -> None:
    strategy = ProfileStrategy(FAILSAFE_OPTIONS)
    first, second = FAILSAFE_OPTIONS[:2]
    for _ in range(2):
        assert strategy.option(UNKNOWN.allow) is first
        assert strategy.refused(first, UNKNOWN.allow)
        strategy.accepted(second)
    assert strategy.option(UNKNOWN.allow) is second


def test_what_was_accepted_elsewhere_stays_there() -> None:
    """A profile in another place would not replace it."""
    strategy = ProfileStrategy(FAILSAFE_OPTIONS)
    for _ in range(8):
        strategy.refused(strategy.option(UNKNOWN.allow), UNKNOWN.allow)
    strategy.accepted(strategy.option(UNKNOWN.allow))
    assert strategy.option(UNKNOWN.allow).purpose is Purpose.charge_point_max_profile


def test_an_acceptance_makes_up_for_a_refusal() -> None:
    strategy = ProfileStrategy(FAILSAFE_OPTIONS)
    for answer in (strategy.refused, lambda one, _: strategy.accepted(one)) * 3:
        answer(FAILSAFE_OPTIONS[0], UNKNOWN.allow)
    assert strategy.option(UNKNOWN.allow) is FAILSAFE_OPTIONS[0]


def test_where_all_are_ruled_out_all_are_tried_again() -> None:
    strategy = ProfileStrategy(FAILSAFE_OPTIONS)
    for _ in range(3 * len(FAILSAFE_OPTIONS)):
        strategy.refused(strategy.option(UNKNOWN.allow), UNKNOWN.allow)
    assert strategy.option(UNKNOWN.allow) is FAILSAFE_OPTIONS[0]


def test_better_is_an_earlier_option_for_the_same_place_that_was_refused_but_once() -> None:
    strategy = ProfileStrategy(FAILSAFE_OPTIONS)
    relative, absolute, elsewhere = FAILSAFE_OPTIONS[:3]
    strategy.refused(relative, UNKNOWN.allow)
    strategy.accepted(absolute)
    assert strategy.better(absolute, UNKNOWN.allow) is relative
    assert strategy.better(elsewhere, UNKNOWN.allow) is None
    strategy.rule_out(relative)
    assert strategy.better(absolute, UNKNOWN.allow) is None


def test_options_that_the_capabilities_exclude_are_passed_over() -> None:
    strategy, watts = ProfileStrategy(LEASE_OPTIONS), Capabilities(units=frozenset({Unit.watts}), max_stack_level=0)
    first = strategy.option(watts.allow)
    assert (first.purpose, first.unit, first.stack_level) == (Purpose.tx_profile, Unit.watts, 0)


def test_if_no_option_is_allowed_the_capabilities_are_not_believed() -> None:
    strategy, nothing = ProfileStrategy(FAILSAFE_OPTIONS), Capabilities(max_stack_level=-1)
    assert strategy.option(nothing.allow) is FAILSAFE_OPTIONS[0]
    assert not strategy.refused(FAILSAFE_OPTIONS[0], nothing.allow)


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


def test_with_one_profile_only_a_lease_takes_the_place_of_the_floor() -> None:
    one = Capabilities(max_profiles=1)
    assert all(one.allow(option) for option in FAILSAFE_OPTIONS)
    assert Purpose.tx_profile not in [option.purpose for option in LEASE_OPTIONS if one.allow(option)]
