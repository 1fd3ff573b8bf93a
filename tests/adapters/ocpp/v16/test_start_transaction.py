"""StartTransaction: recorded under the id of the start, answered with the transaction that `load` gave."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ocpp.v16 import call

from adapters.ocpp.connected_charger import Undecided
from adapters.ocpp.v16.start_transaction import LATER
from commands.ports.database import DatabaseUnavailable
from commands.ports.log import LogFull
from domain.load_control import ownership
from domain.records import Payload, Record, input_record
from domain.records.load import TransactionPermitted, TransactionRefused
from domain.records.observations import TransactionStart
from domain.records.sites import StartDenied
from domain.records.time import InputRejected
from tests.adapters.ocpp.v16.charger import Decisions, Station
from tests.adapters.ocpp.world import NOW_MS, started

START = call.StartTransaction(connector_id=1, id_tag="KNOWN", meter_start=1000, timestamp="2026-01-01T00:00:00Z")
RAW = {"connectorId": 1, "idTag": "KNOWN", "meterStart": 1000, "timestamp": "2026-01-01T00:00:00Z"}


def rejected(rule: str = "r") -> InputRejected:
    return InputRejected(input_id="i", input_type="t", rule=rule, field="source", reason="no such charger")


def ids(station: Station) -> list[str]:
    return [record.id for record in station.records()]


@pytest.fixture
def station(station: Station) -> Station:
    station.decisions.decision = started()
    return station


@pytest.mark.parametrize(("permitted", "status"), [(True, "Accepted"), (False, "Invalid")])
async def test_the_answer_is_the_transaction_and_whether_it_is_permitted(
    station: Station, permitted: bool, status: str
) -> None:
    station.decisions.decision = started(permitted=permitted)
    assert await station.send(START) == {"transactionId": 77, "idTagInfo": {"status": status}}


async def test_a_rejected_start_is_invalid_and_bears_no_transaction(station: Station) -> None:
    station.decisions.decision = rejected()
    assert await station.send(START) == {"transactionId": 0, "idTagInfo": {"status": "Invalid"}}


async def test_it_is_recorded_for_load(station: Station) -> None:
    await station.send(START)
    (record,) = station.records("load")
    assert record.data == TransactionStart(
        charger_id="CP1",
        evse_id=1,
        token_ref="ref-known",
        vehicle_id="v1",
        meter_start_wh=1000,
        charger_time_ms=NOW_MS,
    )
    assert (record.stream, record.source) == ("load:s1", "/ocpp/socket-1")
    assert station.decisions.waited_for == [record.id]
    assert station.records("sites") == []


async def test_the_connector_of_the_transaction_is_remembered(station: Station) -> None:
    await station.send(replace(START, connector_id=2))
    assert station.state.connector_of("77") == 2


@pytest.mark.parametrize("timestamp", [START.timestamp, "2026-01-01T01:00:00.000+01:00"])
async def test_a_repeat_is_the_same_record(station: Station, timestamp: str) -> None:
    await station.send(START)
    await station.send(replace(START, timestamp=timestamp))
    first, again = ids(station)
    assert first == again


@pytest.mark.parametrize(
    "other",
    [{"meter_start": 1001}, {"connector_id": 2}, {"id_tag": "OTHER"}, {"timestamp": "2026-01-01T00:00:01Z"}],
)
async def test_another_start_is_another_record(station: Station, other: dict[str, Any]) -> None:
    await station.send(START)
    await station.send(replace(START, **other))
    first, second = ids(station)
    assert first != second


async def test_on_another_socket_it_is_another_record_of_the_same(station: Station) -> None:
    """What came on the older socket may not count any more; `load` recognises the start by itself."""
    await station.send(START)
    station.reconnect()
    await station.send(START)
    first, second = station.records()
    assert first.id != second.id
    assert first.data == second.data


@pytest.mark.parametrize("decision", [None, rejected(ownership.RULE)])
async def test_an_undecided_start_is_asked_again_under_a_new_id(
    station: Station, decision: InputRejected | None
) -> None:
    """The host drops an id that it has seen; `load` recognises the start by itself."""
    station.decisions.decision = decision
    for _ in range(2):
        with pytest.raises(Undecided):
            await station.send(START)
    station.decisions.decision = started("5")
    assert (await station.send(START))["transactionId"] == 5
    assert len(set(ids(station))) == 3
    assert len({record.data for record in station.records()}) == 1


async def test_a_decided_start_has_its_first_id_again(station: Station) -> None:
    station.decisions.decision = None
    with pytest.raises(Undecided):
        await station.send(START)
    station.decisions.decision = started()
    await station.send(START)
    await station.send(START)
    undecided, _, repeated = ids(station)
    assert undecided == repeated


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"meterStart": "1000"}, {}),
        ({"meterStart": 1000.4}, {}),
        ({"meterStart": -1}, {"meter_start_wh": 0}),
        ({"meterStart": None}, {"meter_start_wh": 0}),
        ({"connectorId": "1"}, {}),
        ({"connectorId": 0}, {}),
        ({"connectorId": None}, {}),
        ({"connectorId": 1001}, {}),
        ({"timestamp": "yesterday"}, {}),
        ({"timestamp": "1700-01-01T00:00:00Z"}, {}),
        ({"timestamp": 17}, {}),
        ({"timestamp": None}, {}),
        ({"idTag": " "}, {"token_ref": "ref-", "vehicle_id": None}),
        ({"idTag": None}, {"token_ref": "ref-", "vehicle_id": None}),
        ({"idTag": 5}, {"token_ref": "ref-5", "vehicle_id": None}),
        ({"reservationId": "x", "vendor": {}}, {}),
    ],
)
async def test_a_start_is_a_fact_however_it_is_told(
    station: Station, changed: dict[str, Any], expected: dict[str, Any]
) -> None:
    good = {"connectorId": 1, "idTag": "known", "meterStart": 1000, "timestamp": "2026-01-01T00:00:00Z"}
    assert (await station.send_raw("StartTransaction", good | changed))["transactionId"] == 77
    plain = TransactionStart(
        charger_id="CP1",
        evse_id=1,
        token_ref="ref-known",
        vehicle_id="v1",
        meter_start_wh=1000,
        charger_time_ms=NOW_MS,
    )
    assert station.recorded() == [plain.model_copy(update=expected)]


async def test_of_one_of_several_connectors_it_is_invalid(station: Station) -> None:
    station.state.connector_seen(1)
    station.state.connector_seen(2)
    answer = await station.send_raw("StartTransaction", {"idTag": "KNOWN", "meterStart": 0})
    assert answer == {"transactionId": 0, "idTagInfo": {"status": "Invalid"}}
    assert station.log.appended == []


async def test_what_is_not_stored_is_not_asked(station: Station) -> None:
    station.log.full = True
    with pytest.raises(LogFull):
        await station.send(START)
    assert station.decisions.waited_for == []


class LaterDecisions(Decisions):
    """A start without a permit, and what is decided on it afterwards."""

    def __init__(self, later: Payload) -> None:
        super().__init__()
        self.decision, self.later = started(permitted=False), later

    async def wait(self, correlation_id: str, types: frozenset[str], timeout_s: float) -> Record | None:
        if types != LATER:
            return await super().wait(correlation_id, types, timeout_s)
        return input_record(f"{correlation_id}/1", "/test", "load:s1", NOW_MS, self.later, actor="test")


@pytest.mark.parametrize(
    ("later", "status"),
    [
        (
            TransactionPermitted(charger_id="CP1", request_id="r", start_ma=0, expires_ms=0, rule="r", reason="r"),
            "Accepted",
        ),
        (TransactionRefused(charger_id="CP1", request_id="r", rule="r", reason="no room"), "Blocked"),
        (StartDenied(charger_id="CP1", request_id="r", rule="r", reason="held"), "Blocked"),
        (
            StartDenied(charger_id="CP1", request_id="r", denial="unknown_card", rule="r", reason="not known"),
            "Invalid",
        ),
    ],
)
async def test_a_start_without_a_permit_is_answered_with_what_is_decided_on_it_then(
    station: Station, later: Payload, status: str
) -> None:
    station.charger.context = replace(station.charger.context, outcomes=LaterDecisions(later))
    assert await station.send(START) == {"transactionId": 77, "idTagInfo": {"status": status}}


async def test_the_token_of_a_start_is_remembered_as_the_charger_writes_it_and_never_on_the_log(station: Station):
    station.decisions.decision = started()
    await station.send(replace(START, id_tag="KnOwN"))
    assert await station.charger.context.directory.token("ref-known", NOW_MS) == "KnOwN"
    assert "KnOwN" not in repr(station.log.appended)


async def test_a_start_is_answered_though_its_token_can_not_be_stored(station: Station, monkeypatch):
    async def broken(token: str, now_ms: int) -> None:
        raise DatabaseUnavailable("the vault is away")

    monkeypatch.setattr(station.charger.context.directory, "presented", broken)
    station.decisions.decision = started()
    assert (await station.send(START))["transactionId"] == 77
