"""Runs in virtual time: repeatable to the letter, safe under faults, and able to see what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.virtual.plan import DETECTION_S, Plan
from services.virtual.run import simulate
from simulators.charger.personality import COMPLIANT, personality

FAULTY = Plan(seed=3, days=0.08, chargers=4, limit_a=48, loss=0.05, outages=24, uplink_outages=12, kills=24)
ODD = tuple(personality(*names) for names in ((), ("drops_profile",), ("clock_ahead",), ("loses_stop",)))


def test_the_same_plan_gives_the_same_log():
    first, again, other = simulate(FAULTY), simulate(FAULTY), simulate(replace(FAULTY, seed=4))
    assert first == again
    assert first.digest != other.digest


@pytest.mark.parametrize("characters", [(COMPLIANT,), ODD], ids=["compliant", "odd"])
def test_under_every_fault_nothing_is_overloaded_and_no_outlet_stays_stuck(characters):
    result = simulate(replace(FAULTY, seed=5, characters=characters))
    assert (result.overload_s, result.stuck) == (0, 0)
    assert result.detection_s <= DETECTION_S
    assert result.energy_kwh > 0
    assert result.visits > 0


def test_a_server_without_care_is_seen_to_overload_the_site():
    result = simulate(replace(FAULTY, seed=5), naive=True)
    assert result.overload_s > 0
    assert result.detection_s > DETECTION_S


def test_a_charger_that_ignores_its_limit_is_seen_and_shed_within_the_time_of_detection():
    liar = replace(personality("liar"), ignores_every_hours=2)
    plan = Plan(seed=2, days=0.15, chargers=4, limit_a=48, characters=(COMPLIANT, liar))
    result = simulate(plan)
    assert result.overload_s == 0
    assert result.overload_detect_s > 0
