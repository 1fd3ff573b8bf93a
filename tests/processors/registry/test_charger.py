"""Chargers: an electrical description that makes sense is registered, any other is rejected by its field."""

from __future__ import annotations

import pytest

from domain.records.registry import ChargerRegistered
from domain.registry.site_tree import MAX_MA
from tests.stories.registry import CHARGER, changed, when

KEY = "charger:CP1"


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"phases": ()}, "phases"),
        ({"phases": (0, 0)}, "phases"),
        ({"phases": (3,)}, "phases"),
        ({"phases": (-1,)}, "phases"),
        ({"min_ma": 5_999}, "min_ma"),
        ({"min_ma": 32_001}, "min_ma"),
        ({"max_ma": MAX_MA + 1}, "min_ma"),
        ({"voltage_mv": 49_999}, "voltage_mv"),
        ({"voltage_mv": 1_000_001}, "voltage_mv"),
    ],
)
def test_a_charger_that_makes_no_sense_is_rejected(different, field):
    when(changed(CHARGER, **different), KEY).then_rejected(field)


@pytest.mark.parametrize(
    "different",
    [
        {},
        {"phases": (2,)},
        {"phases": (2, 0)},
        {"min_ma": 32_000},
        {"max_ma": MAX_MA},
        {"voltage_mv": 50_000},
        {"voltage_mv": 1_000_000},
    ],
)
def test_a_charger_is_registered_as_it_was_described_to_the_edges_of_what_makes_sense(different):
    command = changed(CHARGER, **different)
    story = when(command, KEY).then(ChargerRegistered(**command.__dict__))
    assert story.state.charger == ChargerRegistered(**command.__dict__)
