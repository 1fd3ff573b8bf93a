"""An edge that waits for a decision gets the first one that answers its command, whether it came before or after."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.log import outcomes as module
from adapters.log.outcomes import LogOutcomes
from adapters.log.sqlite.log import SqliteLog
from commands.log.codec import entry
from commands.log.topics import EVENTS
from commands.ports.log import Position
from domain.records import Payload, input_record
from domain.records.sites import SessionQueued, SessionRefused
from domain.records.time import InputRejected

QUEUED = frozenset({SessionQueued.type_name})
REFUSED = SessionRefused(session_id="s1", vehicle_id="v1", reason="no chargers")
REJECTED = InputRejected(input_id="i", input_type="t", rule="r", field="f", reason="no")


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SqliteLog]:
    log = SqliteLog.open(tmp_path)
    yield log
    await log.close()


@pytest.fixture
async def outcomes(log: SqliteLog) -> AsyncIterator[LogOutcomes]:
    outcomes = LogOutcomes(log)
    running = asyncio.create_task(outcomes.run())
    yield outcomes
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def decide(log: SqliteLog, correlation_id: str, payload: Payload, stream: str = "sites:north") -> Position:
    record = input_record(f"{correlation_id} {payload.type_name}", "/p", stream, 1, payload, actor="a")
    [position] = await log.append(EVENTS, [entry(record._replace(correlationid=correlation_id))])
    return position


async def test_a_decision_that_comes_later_is_waited_for(log: SqliteLog, outcomes: LogOutcomes) -> None:
    waiting = asyncio.create_task(outcomes.find("c1", frozenset({REFUSED.type_name}), 5))
    await decide(log, "another", REFUSED)
    position = await decide(log, "c1", REFUSED)
    found = await waiting
    assert found is not None
    assert (found.record.data, found.record.correlationid, found.position) == (REFUSED, "c1", position)


async def test_a_decision_that_came_before_counts(log: SqliteLog, outcomes: LogOutcomes) -> None:
    await decide(log, "c1", REFUSED)
    for _ in range(2):
        record = await outcomes.wait("c1", frozenset({REFUSED.type_name}), 5)
        assert record is not None
        assert record.data == REFUSED


async def test_decisions_from_before_the_start_count(log: SqliteLog) -> None:
    await decide(log, "c1", REFUSED)
    outcomes = LogOutcomes(log)
    running = asyncio.create_task(outcomes.run())
    assert await outcomes.wait("c1", frozenset({REFUSED.type_name}), 5)
    await log.close()
    await asyncio.wait_for(running, 5)


async def test_a_rejection_always_counts(log: SqliteLog, outcomes: LogOutcomes) -> None:
    waiting = asyncio.create_task(outcomes.wait("c1", QUEUED, 5))
    await decide(log, "c1", REJECTED, stream="vehicles:v1")
    record = await waiting
    assert record is not None
    assert record.data == REJECTED


async def test_events_of_other_types_do_not_answer(log: SqliteLog, outcomes: LogOutcomes) -> None:
    await decide(log, "c1", REFUSED)
    await decide(log, "marker", REFUSED)
    assert await outcomes.wait("marker", frozenset({REFUSED.type_name}), 5)
    assert await outcomes.wait("c1", QUEUED, 0) is None


async def test_several_may_wait_for_the_same(log: SqliteLog, outcomes: LogOutcomes) -> None:
    types = frozenset({REFUSED.type_name})
    waiting = [asyncio.create_task(outcomes.wait("c1", types, 5)) for _ in range(3)]
    await decide(log, "c1", REFUSED)
    assert [record is not None and record.data for record in await asyncio.gather(*waiting)] == [REFUSED] * 3


async def test_only_the_last_events_are_remembered(
    log: SqliteLog, outcomes: LogOutcomes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 3)
    types = frozenset({REFUSED.type_name})
    for number in range(4):
        await decide(log, f"c{number}", REFUSED)
    assert await outcomes.wait("c3", types, 5)
    assert await outcomes.wait("c1", types, 0)
    assert await outcomes.wait("c0", types, 0) is None
