"""MeterValues: recorded in our units for `load` and for `sites`."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.datatypes import MeterValue, SampledValue
from ocpp.v16.enums import Measurand, UnitOfMeasure

from commands.ports.log import LogFull
from domain.records.observations import Metered
from tests.adapters.ocpp.v16.charger import Station
from tests.adapters.ocpp.world import NOW_MS

TIME = "2026-01-01T00:00:00Z"
CURRENT = SampledValue(value="6", measurand=Measurand.current_import)
ENERGY = SampledValue(value="2", unit=UnitOfMeasure.kwh)


def values(*sampled: SampledValue, timestamp: str = TIME, **fields: Any) -> call.MeterValues:
    return call.MeterValues(meter_value=[MeterValue(timestamp, list(sampled))], **{"connector_id": 1, **fields})


def metered(**changed: Any) -> Metered:
    fields = {
        "charger_id": "CP1",
        "connector_id": 1,
        "transaction_id": None,
        "charger_time_ms": NOW_MS,
        "current_ma": (6000, 6000, 6000),
        "power_w": None,
        "energy_wh": None,
        "fresh": True,
    }
    return Metered(**{**fields, **changed})


async def test_they_go_to_load_and_to_sites(station: Station) -> None:
    assert await station.send(values(CURRENT, ENERGY, transaction_id=5)) == {}
    for processor in ("load", "sites"):
        (record,) = station.records(processor)
        assert record.data == metered(transaction_id=5, energy_wh=2000)
        assert (record.stream, record.source) == (f"{processor}:s1", "/ocpp/socket-1")


async def test_both_get_it_under_one_id(station: Station) -> None:
    await station.send(values(CURRENT))
    assert station.records("load")[0].id == station.records("sites")[0].id


async def test_each_time_is_an_observation_of_its_own(station: Station) -> None:
    samples = [MeterValue(time, [CURRENT]) for time in ("2026-01-01T00:00:00Z", "2025-12-31T23:59:50Z")]
    await station.send(call.MeterValues(connector_id=1, meter_value=samples))
    assert station.recorded() == [metered(charger_time_ms=NOW_MS - 10_000, fresh=False), metered()]
    assert len({record.id for record in station.records()}) == 2


async def test_the_connector_of_a_transaction_is_remembered(station: Station) -> None:
    await station.send(values(CURRENT, connector_id=2, transaction_id=5))
    assert station.state.connector_of(5) == 2


async def test_values_of_no_use_are_answered_and_not_recorded(station: Station) -> None:
    warm = SampledValue(value="21", measurand=Measurand.temperature, unit=UnitOfMeasure.celsius)
    assert await station.send(values(warm, connector_id=0)) == {}
    assert station.log.appended == []


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"connectorId": None}, "TypeConstraintViolation", "connectorId"),
        ({"connectorId": -1}, "PropertyConstraintViolation", "connectorId"),
        ({"transactionId": "5"}, "TypeConstraintViolation", "transactionId"),
        ({"meterValue": {}}, "TypeConstraintViolation", "meterValue"),
        (
            {"meterValue": [{"timestamp": TIME, "sampledValue": [{}]}]},
            "ProtocolError",
            "meterValue.0.sampledValue.0.value",
        ),
        (
            {"meterValue": [{"timestamp": "x", "sampledValue": []}]},
            "PropertyConstraintViolation",
            "meterValue.0.timestamp",
        ),
    ],
)
async def test_what_is_refused(station: Station, changed: dict[str, Any], code: str, field: str) -> None:
    good = {"connectorId": 1, "meterValue": [{"timestamp": TIME, "sampledValue": [{"value": "1"}]}]}
    assert await station.refusal("MeterValues", good | changed) == (code, field)


@pytest.mark.parametrize("missing", ["connectorId", "meterValue"])
async def test_what_is_needed(station: Station, missing: str) -> None:
    good: dict[str, Any] = {"connectorId": 1, "meterValue": []}
    del good[missing]
    assert await station.refusal("MeterValues", good) == ("ProtocolError", missing)


async def test_they_are_not_acknowledged_unless_stored(station: Station) -> None:
    station.log.full = True
    with pytest.raises(LogFull):
        await station.send(values(CURRENT))
