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
        "evse_id": 1,
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
        assert record.data == metered(transaction_id="5", energy_wh=2000)
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
    assert station.state.connector_of("5") == 2


async def test_values_of_no_use_are_answered_and_not_recorded(station: Station) -> None:
    warm = SampledValue(value="21", measurand=Measurand.temperature, unit=UnitOfMeasure.celsius)
    assert await station.send(values(warm, connector_id=0)) == {}
    assert station.log.appended == []


GOOD = {"timestamp": TIME, "sampledValue": [{"value": "6", "measurand": "Current.Import"}]}


@pytest.mark.parametrize(
    "bad",
    [
        5,
        None,
        {},
        {"timestamp": "never", "sampledValue": [{"value": "7", "measurand": "Voltage"}]},
        {"timestamp": TIME, "sampledValue": [{}]},
        {"timestamp": TIME, "sampledValue": [{"value": "9", "unit": {}}]},
        {"timestamp": TIME, "sampledValue": [{"value": "9", "measurand": []}]},
        {"timestamp": TIME, "sampledValue": [{"value": [9], "measurand": "Current.Import"}]},
        {"timestamp": TIME, "sampledValue": "9"},
    ],
)
async def test_a_bad_sample_never_loses_the_good_one_beside_it(station: Station, bad: Any) -> None:
    """Before it, after it, and under the same time."""
    for values in ([bad, GOOD], [GOOD, bad]):
        station.log.appended.clear()
        assert await station.send_raw("MeterValues", {"connectorId": 1, "meterValue": values}) == {}
        assert station.recorded() == [metered()]
    station.log.appended.clear()
    sampled = [bad, *GOOD["sampledValue"]]
    payload = {"connectorId": 1, "meterValue": [{"timestamp": TIME, "sampledValue": sampled}]}
    assert await station.send_raw("MeterValues", payload) == {}
    assert station.recorded() == [metered()]


async def test_values_of_no_readable_time_are_of_no_moment(station: Station) -> None:
    """They confirm nothing, and don't mix with those of this moment."""
    bad = {"timestamp": "never", "sampledValue": [{"value": "9", "measurand": "Current.Import"}, {"value": "100"}]}
    await station.send_raw("MeterValues", {"connectorId": 1, "meterValue": [bad, GOOD]})
    assert station.recorded() == [metered(current_ma=(9000, 9000, 9000), energy_wh=100, fresh=False), metered()]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"meterValue": GOOD}, {}),
        ({"connectorId": "1", "transactionId": "5"}, {"transaction_id": "5"}),
        ({"connectorId": 1.0, "transactionId": 5.0}, {"transaction_id": "5"}),
        ({"transactionId": None}, {}),
        ({"transactionId": 0}, {}),
        ({"transactionId": -1}, {}),
        ({"transactionId": "none"}, {}),
        ({"transactionId": {}, "vendor": [1]}, {}),
        ({"connectorId": None}, {}),
        ({"connectorId": "left"}, {}),
        ({"connectorId": -1}, {}),
    ],
)
async def test_odd_forms_are_read_as_what_they_mean(
    station: Station, changed: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert await station.send_raw("MeterValues", {"connectorId": 1, "meterValue": [GOOD]} | changed) == {}
    assert station.recorded() == [metered(**expected)]


async def test_without_a_connector_it_is_that_of_the_transaction(station: Station) -> None:
    await station.send(values(CURRENT, connector_id=2, transaction_id=5))
    await station.send(values(CURRENT, connector_id=1, transaction_id=6))
    station.log.appended.clear()
    await station.send_raw("MeterValues", {"transactionId": 5, "meterValue": [GOOD]})
    await station.send_raw("MeterValues", {"meterValue": [GOOD]})
    assert [(one.evse_id, one.transaction_id) for one in station.recorded() if isinstance(one, Metered)] == [
        (2, "5"),
        (0, None),
    ]


@pytest.mark.parametrize("payload", [{}, {"connectorId": 1}, {"connectorId": 1, "meterValue": None}])
async def test_nothing_is_answered_too(station: Station, payload: dict[str, Any]) -> None:
    assert await station.send_raw("MeterValues", payload) == {}
    assert station.log.appended == []


async def test_they_are_not_acknowledged_unless_stored(station: Station) -> None:
    station.log.full = True
    with pytest.raises(LogFull):
        await station.send(values(CURRENT))
