"""The checks of chaos: each names what was lost, doubled, or differs. Its faults: the same for the same seed."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from benchmarks.chaos import checks, clients
from benchmarks.chaos.clients import Client
from benchmarks.chaos.faults import AWAY_S, HALTED_S, plan
from domain.records import Payload, Record, derived_id, input_record
from domain.records.load import GridLimitSet, SetGridLimit, TransactionStarted
from domain.records.observations import Reading
from domain.records.time import InputRejected
from processors.engine.replay import Difference, Replayed
from services.base.first_start import Operator
from simulators.server.ledger import Ledger
from simulators.time.virtual_time import rfc3339

ACTOR = "the-operator"
LIMIT = "/sites/north/grid-limit"
TOLD = "/vehicles/v1/telemetry"
SET = SetGridLimit(cap_id="c", limit_w=1000, starts_ms=None, ends_ms=None, reason_code="test")


def entry(path: str, key: str, status: int = 200) -> dict[str, Any]:
    return {"method": "POST", "path": path, "key": key, "status": status, "id": None}


def given(path: str, key: str, data: Payload) -> Record:
    record_id = derived_id(ACTOR, f"POST /api/v1{path}", key)
    return input_record(record_id, "/api", "load:north", 1, data, actor=ACTOR)


def caused(by: Record, data: Payload, number: int = 0) -> Record:
    names = {"source": "/load", "type": data.type_name, "subject": by.stream, "time": 2, "stream": by.stream}
    links = {"actor": by.actor, "correlationid": by.id, "causationid": by.id, "build": "b"}
    return Record(id=derived_id(by.id, number), data=data, **names, **links)


def is_set() -> GridLimitSet:
    return GridLimitSet.model_construct()


def is_rejected() -> InputRejected:
    return InputRejected(input_id="i", input_type="t", rule="r", field="f", reason="no")


COMMAND = given(LIMIT, "k", SET)


@pytest.mark.parametrize(
    ("status", "outcome"), [(200, is_set()), (202, is_set()), (202, is_rejected())], ids=["decided", "later", "no"]
)
def test_a_command_with_one_outcome_is_well(status: int, outcome: Payload) -> None:
    held = checks.commands_once([entry(LIMIT, "k", status)], [COMMAND], [caused(COMMAND, outcome)])

    assert held == checks.Verdict(1)


def test_a_repeated_input_of_one_outcome_is_well() -> None:
    held = checks.commands_once([entry(LIMIT, "k")], [COMMAND, COMMAND], [caused(COMMAND, is_set())])

    assert held.ok


@pytest.mark.parametrize(
    ("inputs", "events", "words"),
    [
        ([], [], "not on the log"),
        ([COMMAND], [], "0 outcomes"),
        ([COMMAND], [caused(COMMAND, is_set()), caused(COMMAND, is_set(), 1)], "2 outcomes"),
        ([COMMAND], [caused(COMMAND, is_set()), caused(COMMAND, is_rejected(), 1)], "2 outcomes"),
        ([COMMAND], [caused(COMMAND, is_rejected())], "acknowledged, and rejected"),
    ],
    ids=["lost", "undecided", "decided twice", "decided and rejected", "rejected"],
)
def test_a_command_without_exactly_one_outcome_is_named(inputs: list[Record], events: list[Record], words: str) -> None:
    held = checks.commands_once([entry(LIMIT, "k")], inputs, events)

    assert held.difference is not None
    assert words in held.difference
    assert "key k" in held.difference


def test_what_was_refused_was_not_acknowledged() -> None:
    assert checks.commands_once([entry(LIMIT, "k", 404)], [], []) == checks.Verdict(0)


def test_what_is_called_missing_is_named() -> None:
    assert checks.nothing_missing([entry(LIMIT, "k"), entry(LIMIT, "k", 409)]) == checks.Verdict(2)
    assert "key k" in str(checks.nothing_missing([entry(LIMIT, "k", 404)]).difference)


def test_an_event_that_is_there_twice_is_named() -> None:
    one, other = caused(COMMAND, is_set()), caused(COMMAND, is_set(), 1)

    assert checks.events_once([one, other]) == checks.Verdict(2)
    assert one.id in str(checks.events_once([one, other, one]).difference)


READING = given(TOLD, "k", Reading(vehicle_id="v1", source="driver", enterprise_id=None, observed_ms=1))


def test_readings_that_are_there_once_are_well() -> None:
    expected = {READING.id: ["soc", "range"], "another": ["metered"]}

    held = checks.readings_once([entry(TOLD, "k", 202)], [READING], expected, ["range", "metered", "soc"])

    assert held == checks.Verdict(3)


@pytest.mark.parametrize(
    ("inputs", "stored", "words"),
    [
        ([], ["soc", "metered"], "not on the log"),
        ([READING], ["metered"], "stored [0]"),
        ([READING], ["soc", "soc", "metered"], "stored [2]"),
        ([READING], ["soc"], "row metered of record another: stored 0"),
        ([READING], ["soc", "metered", "metered"], "row metered of record another: stored 2"),
        ([READING], ["soc", "metered", "odd"], "row odd: no record"),
    ],
    ids=["lost on the log", "lost", "doubled", "a meter value lost", "a meter value doubled", "nobody's"],
)
def test_a_reading_that_is_not_there_once_is_named(inputs: list[Record], stored: list[str], words: str) -> None:
    expected = {READING.id: ["soc"], "another": ["metered"]}

    held = checks.readings_once([entry(TOLD, "k", 202)], inputs, expected, stored)

    assert held.difference is not None
    assert words in held.difference


def started(transaction: int, duplicate_of: int | None = None) -> Record:
    told = {"charger_id": "c1", "transaction_id": str(transaction), "meter_start_wh": 5, "charger_time_ms": 1000}
    return caused(COMMAND, TransactionStarted.model_construct(**told, duplicate_of=duplicate_of), transaction)


@pytest.mark.parametrize(
    ("events", "well"),
    [
        ([started(7)], True),
        ([started(7), started(8, duplicate_of=7)], True),
        ([], False),
        ([started(8)], False),
        ([started(7), started(7)], False),
    ],
    ids=["once", "and a duplicate that is known", "lost", "another id", "twice"],
)
def test_a_start_is_well_that_exists_once_with_its_id(events: list[Record], well: bool) -> None:
    start = {"charger": "c1", "transaction": 7, "status": "Accepted", "meter_wh": 5, "at": rfc3339(1000)}

    assert checks.starts_once([start], events).ok == well


ROWS = [{"id": "a", "limit_w": 1}, {"id": "b", "limit_w": 2}]


def test_tables_with_the_same_rows_in_any_order_are_the_same() -> None:
    assert checks.same_tables({"sites": ROWS}, {"sites": ROWS[::-1]}) == checks.Verdict(2)


@pytest.mark.parametrize(
    "again",
    [{}, {"sites": ROWS[:1]}, {"sites": [*ROWS, ROWS[0]]}, {"sites": [ROWS[0], {"id": "b", "limit_w": 3}]}],
    ids=["no table", "a row less", "a row twice", "another value"],
)
def test_a_table_that_differs_is_named(again: dict[str, Any]) -> None:
    assert "sites" in str(checks.same_tables({"sites": ROWS}, again).difference)


def test_the_first_event_that_is_decided_otherwise_is_named() -> None:
    same = Replayed("sites", 3, 4, None)
    other = Replayed("load", 3, 4, Difference("load:north", 2, b"was", b"now"))

    assert checks.replays_same([same, same]) == checks.Verdict(8)
    assert "load:north, event 2: recorded b'was'" in str(checks.replays_same([same, other]).difference)


SERVICES = ["api-1", "gateway-1"]
SERVERS = {"restart": "kafka-1", "crash": "postgresql"}


def test_a_plan_has_each_server_once_all_kinds_and_follows_from_its_seed() -> None:
    faults = plan(3, 180, SERVICES)

    assert faults == plan(3, 180, SERVICES) != plan(4, 180, SERVICES)
    assert Counter(fault.kind for fault in faults) == {
        "SIGKILL": 5,
        "SIGTERM": 5,
        "SIGSTOP": 5,
        "restart": 1,
        "crash": 1,
    }
    assert {fault.kind: fault.target for fault in faults if fault.target not in SERVICES} == SERVERS
    assert [fault.at_s for fault in faults] == sorted(fault.at_s for fault in faults)
    for fault in faults:
        assert 0 <= fault.at_s <= 180
        assert (HALTED_S[0] <= fault.lasts_s <= HALTED_S[1]) == (fault.kind == "SIGSTOP")


def test_faults_may_be_closer_together() -> None:
    kinds = [
        Counter(fault.kind for fault in faults) for faults in (plan(3, 180, SERVICES), plan(3, 60, SERVICES, 1, 4))
    ]
    assert kinds[0] == kinds[1]
    assert all(fault.at_s <= 60 for fault in plan(3, 60, SERVICES, every_s=4))


def test_of_several_brokers_each_is_away_for_a_while() -> None:
    away = {fault.target: fault for fault in plan(3, 180, SERVICES, brokers=3) if fault.target.startswith("kafka")}

    kinds = {name: fault.kind for name, fault in away.items()}
    assert kinds == {"kafka-1": "restart", "kafka-2": "crash", "kafka-3": "crash"}
    assert all(AWAY_S[0] <= fault.lasts_s <= AWAY_S[1] for fault in away.values())


def test_a_command_is_asked_again_with_its_key_at_the_other_api_until_it_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clients, "AGAIN_S", 0)
    asked: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/login"):
            return httpx.Response(200, json={"access_token": "t"})
        asked.append((request.url.host, request.headers["Idempotency-Key"]))
        if len(asked) == 1:
            raise httpx.ReadError("it died")
        return httpx.Response({2: 503, 3: 401}.get(len(asked), 202), json={"id": "s1"})

    ledger = Ledger()

    async def ask() -> Any:
        apis = ["http://one", "http://other"]
        client = Client(apis, Operator("a@b", "p"), ledger, "1", httpx.MockTransport(answer))
        try:
            return await client.ask("/sessions/request", {})
        finally:
            await client.close()

    assert asyncio.run(ask()) == {"id": "s1"}
    assert len(asked) == 4
    assert len({key for _, key in asked}) == 1
    assert {host for host, _ in asked} == {"one", "other"}
    assert ledger.to_json()["commands"] == [{**entry("/sessions/request", asked[0][1], 202), "id": "s1"}]
