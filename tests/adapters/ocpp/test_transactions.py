"""Authorize, StartTransaction, StopTransaction: awaited decisions, retries, and what must never happen twice."""

from __future__ import annotations

import asyncio

import pytest

from adapters.ocpp import Settings
from domain.load_control import ownership
from domain.records.load import TransactionPermitted
from domain.records.observations import Authorize, Connected, TransactionStart, TransactionStop
from domain.records.time import InputRejected
from tests.adapters.ocpp.charger import Charger
from tests.adapters.ocpp.world import NOW_MS, World, started

START = {"connectorId": 1, "idTag": "KNOWN", "meterStart": 1000, "timestamp": "2026-01-01T00:00:00Z"}
STOP = {"transactionId": 77, "meterStop": 9000, "timestamp": "2026-01-01T01:00:00Z", "reason": "Local"}


def permitted() -> TransactionPermitted:
    return TransactionPermitted(
        rule="r", reason="room", charger_id="CP1", request_id="x", start_ma=6000, expires_ms=NOW_MS + 1
    )


async def test_authorize_is_answered_when_it_is_decided(world: World, charger: Charger) -> None:
    await charger.send([2, "a1", "Authorize", {"idTag": "known"}])
    asked = await world.input(Authorize, "load")
    assert asked.data == Authorize(charger_id="CP1", token_ref="ref-known", vehicle_id="v1")
    (connected,) = await world.reported(Connected)
    source = f"/ocpp/{connected.connection_id}"
    assert (asked.stream, asked.actor, asked.source, asked.time) == ("load:s1", "CP1", source, NOW_MS)
    assert charger.heard.empty()

    await world.decide(asked, permitted())

    assert await charger.hear() == [3, "a1", {"idTagInfo": {"status": "Accepted"}}]


async def test_start_is_answered_with_the_transaction_id(world: World, charger: Charger) -> None:
    await charger.send([2, "s1", "StartTransaction", START])
    asked = await world.input(TransactionStart)
    assert asked.data == TransactionStart(
        charger_id="CP1",
        evse_id=1,
        token_ref="ref-known",
        vehicle_id="v1",
        meter_start_wh=1000,
        charger_time_ms=NOW_MS,
    )
    await world.decide(asked, started())
    assert await charger.hear() == [3, "s1", {"transactionId": 77, "idTagInfo": {"status": "Accepted"}}]


async def test_a_repeated_start_is_the_same_start(world: World, charger: Charger) -> None:
    """A retry under a new message id."""
    await charger.send([2, "s1", "StartTransaction", START])
    await world.decide(await world.input(TransactionStart), started())
    first = await charger.hear()

    assert (await charger.call("StartTransaction", START, "s2"))[2] == first[2]
    offset = {**START, "timestamp": "2026-01-01T01:00:00.000+01:00"}
    assert (await charger.call("StartTransaction", offset, "s3"))[2] == first[2]

    starts = [record.id for record in await world.inputs("load") if isinstance(record.data, TransactionStart)]
    assert len(starts) == 3
    assert len(set(starts)) == 1


async def test_a_start_on_a_socket_that_is_not_heard_any_more_shall_be_asked_again(
    world: World, charger: Charger
) -> None:
    await charger.send([2, "s1", "StartTransaction", START])
    refused = InputRejected(input_id="i", input_type="t", rule=ownership.RULE, field="source", reason="a newer socket")
    await world.decide(await world.input(TransactionStart), refused)
    answer = await charger.hear()
    assert answer[2:] == ["InternalError", "ask on the newest connection", {"reason": "a newer socket"}]


class TestBackstop:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(decision_timeout_s=0.05)

    async def test_without_a_decision_the_charger_shall_ask_again(self, world: World, charger: Charger) -> None:
        answer = await charger.call("Authorize", {"idTag": "KNOWN"})
        assert answer[0] == 4
        assert answer[2] == "InternalError"
        assert "again" in answer[3]
        assert answer[4] == {"reason": "no decision within 0.05 s"}

    async def test_an_undecided_start_is_asked_under_a_new_id(self, world: World, charger: Charger) -> None:
        """The host drops an id that it has seen; `load` recognises the start itself."""
        assert (await charger.call("StartTransaction", START, "s1"))[2] == "InternalError"
        assert (await charger.call("StartTransaction", START, "s1"))[2] == "InternalError"
        first, second = await world.input(TransactionStart), await world.input(TransactionStart, number=2)
        assert first.id != second.id
        assert first.data == second.data

    async def test_a_late_decision_is_found_by_the_retry(self, world: World, charger: Charger) -> None:
        assert (await charger.call("StartTransaction", START))[2] == "InternalError"
        await charger.send([2, "again", "StartTransaction", START])
        await world.decide(await world.input(TransactionStart, number=2), started(transaction_id="5"))
        assert (await charger.hear())[2]["transactionId"] == 5


async def test_the_rest_goes_on_while_a_decision_is_awaited(world: World, charger: Charger) -> None:
    """Two calls at once: OCPP forbids it, chargers do it."""
    await charger.send([2, "s1", "StartTransaction", START])
    asked = await world.input(TransactionStart)
    assert (await charger.call("Heartbeat", {}, "h1"))[0] == 3
    await world.decide(asked, started())
    assert (await charger.hear())[1] == "s1"


async def test_waiting_for_a_decision_is_idle(world: World, charger: Charger) -> None:
    await charger.send([2, "s1", "StartTransaction", START])
    asked = await world.input(TransactionStart)
    await world.settled()
    assert world.gateway.frames() == {"CP1": (1, 0)}
    await world.decide(asked, started())
    await charger.hear()
    await world.settled()
    assert world.gateway.frames() == {"CP1": (1, 1)}


async def test_stop_is_durable_before_it_is_answered(world: World, charger: Charger) -> None:
    assert await charger.call("StopTransaction", STOP, "x") == [3, "x", {}]
    assert await world.reported(TransactionStop) == [
        TransactionStop(
            charger_id="CP1",
            transaction_id="77",
            meter_stop_wh=9000,
            charger_time_ms=NOW_MS + 3_600_000,
            reason="local",
        )
    ]


async def test_what_was_read_is_kept_though_the_socket_closes(world: World, charger: Charger) -> None:
    await asyncio.gather(charger.send([2, "x", "StopTransaction", STOP]), charger.close())
    assert (await world.input(TransactionStop)).data.transaction_id == "77"  # type: ignore[attr-defined]
