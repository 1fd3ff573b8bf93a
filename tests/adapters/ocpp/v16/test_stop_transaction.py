"""StopTransaction: always answered once durable; its transaction data is recorded before it, as history."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.datatypes import MeterValue, SampledValue

from commands.ports.log import LogFull
from domain.records.observations import Metered, TransactionStop
from tests.adapters.ocpp.v16.charger import Station
from tests.adapters.ocpp.world import NOW_MS

STOP = call.StopTransaction(
    transaction_id=77, meter_stop=9000, timestamp="2026-01-01T01:00:00Z", reason="EVDisconnected"
)
RAW = {"transactionId": 77, "meterStop": 9000, "timestamp": "2026-01-01T01:00:00Z"}
STOPPED = TransactionStop(
    charger_id="CP1",
    transaction_id="77",
    meter_stop_wh=9000,
    charger_time_ms=NOW_MS + 3_600_000,
    reason="ev_disconnected",
)


def sample(timestamp: str, value: str) -> MeterValue:
    return MeterValue(timestamp, [SampledValue(value=value, context="Transaction.End")])


async def test_it_is_recorded_for_load(station: Station) -> None:
    assert await station.send(STOP) == {}
    assert station.recorded("load") == [STOPPED]
    assert station.recorded("sites") == []


async def test_its_transaction_does_not_run_any_more(station: Station) -> None:
    assert station.state.runs("77")
    await station.send(STOP)
    assert not station.state.runs("77")


async def test_without_a_reason_it_was_stopped_locally(station: Station) -> None:
    await station.send_raw("StopTransaction", RAW)
    (stopped,) = station.recorded()
    assert isinstance(stopped, TransactionStop)
    assert stopped.reason == "local"


@pytest.mark.parametrize("transaction_id", [0, -1, 123456])
async def test_a_stop_of_no_transaction_is_recorded_too(station: Station, transaction_id: int) -> None:
    assert await station.send(replace(STOP, transaction_id=transaction_id)) == {}
    assert station.recorded() == [STOPPED.model_copy(update={"transaction_id": str(transaction_id)})]


async def test_a_repeat_has_the_same_id_on_another_socket_too(station: Station) -> None:
    await station.send(STOP)
    station.reconnect()
    await station.send(STOP)
    await station.send(replace(STOP, meter_stop=9001))
    first, again, other = [record.id for record in station.records()]
    assert first == again != other


async def test_transaction_data_is_history_before_the_stop(station: Station) -> None:
    station.state.transaction_seen("77", 2)
    data = [sample("2026-01-01T00:00:00Z", "1000"), sample("2026-01-01T01:00:00Z", "9000")]
    await station.send(replace(STOP, transaction_data=data))
    *history, stopped = station.recorded("load")
    assert stopped == STOPPED
    assert station.recorded("sites") == history
    assert [
        (one.transaction_id, one.evse_id, one.energy_wh, one.fresh) for one in history if isinstance(one, Metered)
    ] == [("77", 2, 1000, False), ("77", 2, 9000, False)]


async def test_transaction_data_of_a_repeat_has_the_same_ids(station: Station) -> None:
    for _ in range(2):
        await station.send(replace(STOP, transaction_data=[sample("2026-01-01T00:00:00Z", "1000")]))
    first, again = [record.id for record in station.records("sites")]
    assert first == again


@pytest.mark.parametrize(
    ("data", "energy_wh"),
    [
        (5, []),
        ("x", []),
        ([{}], []),
        ([{"timestamp": "never", "sampledValue": []}], []),
        ({"timestamp": "2026-01-01T00:00:00Z", "sampledValue": {"value": "1000"}}, [1000]),
        ([{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": "x"}, {"value": 1000}]}, 7], [1000]),
    ],
)
async def test_bad_transaction_data_never_makes_a_stop_fail(station: Station, data: Any, energy_wh: list[int]) -> None:
    assert await station.send_raw("StopTransaction", {**RAW, "transactionData": data}) == {}
    *history, stopped = station.recorded()
    assert isinstance(stopped, TransactionStop)
    assert stopped.unreadable == ()
    assert [one.energy_wh for one in history if isinstance(one, Metered)] == energy_wh


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"transactionId": "77"}, {}),
        ({"transactionId": 77.0}, {}),
        ({"transactionId": "seven"}, {"transaction_id": "", "unreadable": ("transaction_id",)}),
        ({"transactionId": None}, {"transaction_id": "", "unreadable": ("transaction_id",)}),
        ({"meterStop": "9000"}, {}),
        ({"meterStop": 9000.4}, {}),
        ({"meterStop": -1}, {"meter_stop_wh": 8000, "unreadable": ("meter_stop_wh",)}),
        ({"meterStop": None}, {"meter_stop_wh": 8000, "unreadable": ("meter_stop_wh",)}),
        ({"meterStop": {}}, {"meter_stop_wh": 8000, "unreadable": ("meter_stop_wh",)}),
        ({"timestamp": "now"}, {"charger_time_ms": NOW_MS, "unreadable": ("charger_time_ms",)}),
        ({"timestamp": "2026-02-30T00:00:00Z"}, {"charger_time_ms": NOW_MS, "unreadable": ("charger_time_ms",)}),
        ({"reason": {}}, {"reason": "local"}),
        ({"reason": "powerloss"}, {"reason": "power_loss"}),
        ({"reason": "CableWasCut", "idTag": 5}, {"reason": "other"}),
        (
            {name: {} for name in RAW},
            {
                "transaction_id": "",
                "meter_stop_wh": 8000,
                "charger_time_ms": NOW_MS,
                "unreadable": ("transaction_id", "meter_stop_wh", "charger_time_ms"),
            },
        ),
    ],
)
async def test_a_stop_is_always_confirmed_and_says_what_could_not_be_read(
    station: Station, changed: dict[str, Any], expected: dict[str, Any]
) -> None:
    """In the place of its meter stands the last value that is known."""
    energy = {"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": "8000"}]}
    await station.send_raw("MeterValues", {"connectorId": 1, "transactionId": 77, "meterValue": [energy]})
    station.log.appended.clear()
    plain = STOPPED.model_copy(update={"reason": "local"})
    assert await station.send_raw("StopTransaction", RAW | changed) == {}
    assert station.recorded() == [plain.model_copy(update=expected)]


async def test_its_own_data_knows_its_last_meter_value_best(station: Station) -> None:
    data = [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": "8500"}]}]
    await station.send_raw("StopTransaction", {"transactionId": 77, "transactionData": data})
    stopped = station.recorded()[-1]
    assert isinstance(stopped, TransactionStop)
    assert stopped.meter_stop_wh == 8500


@pytest.mark.parametrize("missing", RAW)
async def test_what_is_missing_does_not_make_it_fail(station: Station, missing: str) -> None:
    rest = {name: value for name, value in RAW.items() if name != missing}
    assert await station.send_raw("StopTransaction", rest) == {}
    assert len(station.recorded()) == 1


async def test_a_stop_that_is_not_stored_is_not_acknowledged(station: Station) -> None:
    station.log.full = True
    with pytest.raises(LogFull):
        await station.send(STOP)
    assert station.state.runs("77")
