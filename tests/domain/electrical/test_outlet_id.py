"""The ids of outlets name the charger and the connector."""

from __future__ import annotations

import pytest

from domain.electrical.outlet_id import charger_of, evse_of, outlet_id, outlet_of

KNOWN = {"alone", "two:1", "two:2"}


@pytest.mark.parametrize(
    ("charger_id", "evse_id", "alone", "named"),
    [("cp1", 1, True, "cp1"), ("cp1", 1, False, "cp1:1"), ("cp1", 12, False, "cp1:12")],
)
def test_an_id_names_the_charger_and_its_connector(charger_id: str, evse_id: int, alone: bool, named: str) -> None:
    assert outlet_id(charger_id, evse_id, alone=alone) == named
    assert (charger_of(named), evse_of(named)) == (charger_id, evse_id)


@pytest.mark.parametrize(
    ("charger_id", "evse_id", "found"),
    [
        ("alone", 1, "alone"),
        ("alone", 0, None),
        ("alone", 2, None),
        ("two", 1, "two:1"),
        ("two", 2, "two:2"),
        ("two:2", 2, "two:2"),
        ("two:2", 1, None),
        ("two", 0, None),
        ("two", 3, None),
        ("unknown", 1, None),
    ],
)
def test_a_report_is_about_the_outlet_of_its_own_connector_or_none(
    charger_id: str, evse_id: int, found: str | None
) -> None:
    assert outlet_of(KNOWN, charger_id, evse_id) == found
