"""StopTransaction: always answered once durable; its transaction data is recorded before it, as history."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ocpp.v16 import call
from ocpp.v16.datatypes import MeterValue, SampledValue
from structlog.testing import capture_logs

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
    transaction_id=77,
    meter_stop_wh=9000,
    charger_time_ms=NOW_MS + 3_600_000,
    reason="EVDisconnected",
)


def sample(timestamp: str, value: str) -> MeterValue:
    return MeterValue(timestamp, [SampledValue(value=value, context="Transaction.End")])


async def test_it_is_recorded_for_load(station: Station) -> None:
    assert await station.send(STOP) == {}
    assert station.recorded("load") == [STOPPED]
    assert station.recorded("sites") == []


async def test_its_transaction_does_not_run_any_more(station: Station) -> None:
    assert station.state.runs(77)
    await station.send(STOP)
    assert not station.state.runs(77)


async def test_without_a_reason_it_was_stopped_locally(station: Station) -> None:
    await station.send_raw("StopTransaction", RAW)
    (stopped,) = station.recorded()
    assert isinstance(stopped, TransactionStop)
    assert stopped.reason == "Local"


@pytest.mark.parametrize("transaction_id", [0, -1, 123456])
async def test_a_stop_of_no_transaction_is_recorded_too(station: Station, transaction_id: int) -> None:
    assert await station.send(replace(STOP, transaction_id=transaction_id)) == {}
    assert station.recorded() == [STOPPED.model_copy(update={"transaction_id": transaction_id})]


async def test_a_repeat_has_the_same_id_on_another_socket_too(station: Station) -> None:
    await station.send(STOP)
    station.reconnect()
    await station.send(STOP)
    await station.send(replace(STOP, meter_stop=9001))
    first, again, other = [record.id for record in station.records()]
    assert first == again != other


async def test_transaction_data_is_history_before_the_stop(station: Station) -> None:
    station.state.transaction_seen(77, 2)
    data = [sample("2026-01-01T00:00:00Z", "1000"), sample("2026-01-01T01:00:00Z", "9000")]
    await station.send(replace(STOP, transaction_data=data))
    *history, stopped = station.recorded("load")
    assert stopped == STOPPED
    assert station.recorded("sites") == history
    assert [
        (one.transaction_id, one.connector_id, one.energy_wh, one.fresh) for one in history if isinstance(one, Metered)
    ] == [(77, 2, 1000, False), (77, 2, 9000, False)]


async def test_transaction_data_of_a_repeat_has_the_same_ids(station: Station) -> None:
    for _ in range(2):
        await station.send(replace(STOP, transaction_data=[sample("2026-01-01T00:00:00Z", "1000")]))
    first, again = [record.id for record in station.records("sites")]
    assert first == again


@pytest.mark.parametrize("data", [5, "x", [{"timestamp": "never", "sampledValue": []}], [{}]])
async def test_bad_transaction_data_never_makes_a_stop_fail(station: Station, data: Any) -> None:
    with capture_logs() as lines:
        assert await station.send_raw("StopTransaction", {**RAW, "transactionData": data}) == {}
    assert [line["event"] for line in lines] == ["transaction data ignored"]
    assert len(station.recorded()) == 1


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"transactionId": "77"}, "TypeConstraintViolation"),
        ({"meterStop": -1}, "PropertyConstraintViolation"),
        ({"meterStop": 1.5}, "TypeConstraintViolation"),
        ({"timestamp": "now"}, "PropertyConstraintViolation"),
    ],
)
async def test_what_is_refused(station: Station, changed: dict[str, Any], code: str) -> None:
    assert await station.refusal("StopTransaction", RAW | changed) == (code, *changed)


@pytest.mark.parametrize("missing", RAW)
async def test_what_is_needed(station: Station, missing: str) -> None:
    rest = {name: value for name, value in RAW.items() if name != missing}
    assert await station.refusal("StopTransaction", rest) == ("ProtocolError", missing)


async def test_a_stop_that_is_not_stored_is_not_acknowledged(station: Station) -> None:
    station.log.full = True
    with pytest.raises(LogFull):
        await station.send(STOP)
    assert station.state.runs(77)
