"""A mix of characters, and the smallest plan that fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.virtual.mix import characters
from services.virtual.plan import Plan
from services.virtual.shrink import SHORTEST_DAYS, shrunk
from simulators.charger.personality import COMPLIANT, personality

LIAR = personality("liar")


def test_a_mix_has_so_many_of_each_in_an_order_of_the_seed():
    drawn = characters("obedient=60,liar=20", 40, 7)
    assert (drawn.count(COMPLIANT), drawn.count(LIAR)) == (30, 10)
    assert drawn == characters("obedient=60,liar=20", 40, 7)
    assert drawn != characters("obedient=60,liar=20", 40, 8)


def test_what_is_left_over_is_of_the_heaviest():
    assert characters("obedient=9,liar=1", 3, 1) == (COMPLIANT,) * 3
    assert len(characters("obedient,liar,watts_only", 10, 1)) == 10


@pytest.mark.parametrize(
    ("mix", "reason"),
    [
        ("tired=5", "'tired' is none of obedient"),
        ("obedient=much", "obedient: the weight must be a number, not 'much'"),
        ("obedient=0", "at least one weight must be above 0"),
        ("", "'' is none of obedient"),
    ],
)
def test_a_mix_that_can_t_be_read_is_refused_with_the_reason(mix: str, reason: str):
    with pytest.raises(ValueError, match=reason):
        characters(mix, 10, 1)


def test_what_the_failure_does_not_need_is_taken_away():
    plan = Plan(1, days=4, chargers=8, loss=0.05, outages=6, kills=3)
    smallest = shrunk(plan, lambda one: one.loss > 0 and one.chargers >= 2)
    assert smallest == replace(plan, days=smallest.days, chargers=2, outages=0, kills=0)
    assert SHORTEST_DAYS <= smallest.days < 2 * SHORTEST_DAYS


def test_a_plan_that_fails_by_all_of_it_stays_as_it_is():
    plan = Plan(1, days=0.05, chargers=1, kills=1)
    assert shrunk(plan, lambda one: one == plan) == plan
