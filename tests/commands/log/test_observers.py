"""The processors that observe what chargers report."""

from __future__ import annotations

import pytest

from commands.log.observers import OBSERVERS, observers_of
from domain.records import TYPES, Payload
from domain.records.observations import Authorize
from services.contracts.asyncapi import HANDLED

EARLIER = {Authorize: {"sites"}}
"""Processors that handle an observation for the sake of logs of earlier builds, which appended it to their inputs."""
REPORTED = [payload for name, payload in TYPES.items() if name.startswith("ocpp.")]


def test_every_observation_of_a_charger_has_observers() -> None:
    assert OBSERVERS.keys() == set(REPORTED)


@pytest.mark.parametrize("reported", REPORTED, ids=lambda payload: payload.type_name)
def test_they_are_the_processors_that_handle_it(reported: type[Payload]) -> None:
    handle = {name for name, handled in HANDLED.items() if reported in handled}
    assert set(OBSERVERS[reported]) == handle - EARLIER.get(reported, set())


def test_they_are_found_by_the_type_of_an_observation() -> None:
    assert observers_of(Authorize(charger_id="CP1", token_ref="r", vehicle_id=None)) == ("load",)
