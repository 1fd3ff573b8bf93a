"""Notifications: at least once while they are of use, each attempt on record, and never an old one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, select
from structlog.testing import capture_logs

from adapters.database import Database
from adapters.log.sqlite.log import SqliteLog
from adapters.notify import notifier as module
from adapters.notify import services
from adapters.notify.notices import USEFUL_MS
from adapters.notify.notifier import CLAIMED_MS, RETRY_AT_MOST_EVERY_MS, Notifier
from adapters.notify.outbox import ATTEMPTS, SCHEMA, Outbox
from adapters.time.clock import SimulatedClock
from adapters.vault.vault import Vault
from commands.alarm_words import WORDS
from commands.log.codec import entry
from commands.log.topics import EVENTS
from domain.records import Payload, input_record
from domain.records.load import AlarmRaised
from domain.records.sites import SessionOffered
from tests.adapters.notify.receiver import Receiver, receiving

NOW_MS = 1_790_000_000_000
ALARM = AlarmRaised(code="overload", charger_id="c1", detail="too much")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
async def log(tmp_path: Path):
    log = SqliteLog.open(tmp_path / "log")
    yield log
    await log.close()


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(NOW_MS)


@pytest.fixture
def open_outbox(vault_url: URL | None, tmp_path: Path) -> Callable[[], object]:
    """Opens the outbox of this test, as another process would."""

    @contextmanager
    def opened() -> Iterator[Outbox]:
        url = vault_url or f"sqlite:///{tmp_path / 'outbox.sqlite3'}"
        outbox = Outbox(Database(url, durable=True, schema=SCHEMA))
        try:
            yield outbox
        finally:
            outbox.close()

    return opened


@pytest.fixture
def outbox(open_outbox) -> Iterator[Outbox]:
    with open_outbox() as outbox:
        yield outbox


async def everybody(notice, position):
    return ["account-1"]


def notifier(log: SqliteLog, clock: SimulatedClock, outbox: Outbox, vault: Vault, **more) -> Notifier:
    return Notifier(log, clock, outbox, vault.channels, everybody, **more)


async def happened(log: SqliteLog, said: Payload = ALARM, event_id: str = "e1", time_ms: int = NOW_MS) -> None:
    await log.append(EVENTS, [entry(input_record(event_id, "/load", "load:north", time_ms, said, actor="load"))])


async def receive(notifying: Notifier, log: SqliteLog) -> None:
    for partition in range(log.partitions(EVENTS)):
        if page := await log.read(EVENTS, partition):
            await notifying.receive(page)


async def attempts(outbox: Outbox) -> list[tuple[int, str, int]]:
    query = select(ATTEMPTS.c["attempt", "outcome", "time_ms"]).order_by(ATTEMPTS.c.time_ms, ATTEMPTS.c.attempt)
    return await outbox._database.read(lambda connection: [tuple(row) for row in connection.execute(query)])


async def test_it_is_delivered_with_a_key_that_the_receiver_can_recognise(log, clock, outbox, vault, receiver) -> None:
    await vault.channels.replace("account-1", [receiver.url])
    notifying = notifier(log, clock, outbox, vault)
    await happened(log)
    with capture_logs() as lines:
        await receive(notifying, log)
        assert await notifying.deliver_due() == 1
    [heard] = receiver.heard
    words = WORDS["overload"]
    assert heard["title"] == f"Alarm: {words.title}"
    assert heard["message"] == f"c1: too much. {words.advice}\n\n[e1]"
    assert await attempts(outbox) == [(1, "sent", NOW_MS)]
    assert await outbox.states() == {"sent": 1}
    assert [line["state"] for line in lines] == ["sent"]
    assert not any(word in str(lines) for word in ("secret", "account-1", "127.0.0.1"))


async def test_an_event_that_comes_again_is_told_once(log, clock, outbox, vault, receiver) -> None:
    await vault.channels.replace("account-1", [receiver.url])
    notifying = notifier(log, clock, outbox, vault)
    await happened(log)
    for _ in range(2):
        await receive(notifying, log)
        await notifying.deliver_due()
    assert len(receiver.heard) == 1


async def test_a_receiver_that_fails_and_hangs_is_told_again_ever_more_rarely(
    log, clock, outbox, vault, receiver, monkeypatch
) -> None:
    monkeypatch.setattr(services, "ANSWER_S", 0.2)
    receiver.answers = [500, None, 503]
    await vault.channels.replace("account-1", [receiver.url])
    notifying = notifier(log, clock, outbox, vault)
    await happened(log)
    await receive(notifying, log)
    for tries in range(1, 5):
        assert await notifying.deliver_due() == 1
        assert len(receiver.heard) == tries
        if tries < 4:
            assert await notifying.deliver_due() == 0, "not before a pause"
            clock.advance_to(clock.now_ms() + (module.FIRST_RETRY_MS << (tries - 1)))
    made = await attempts(outbox)
    assert [(attempt, outcome) for attempt, outcome, _ in made] == [
        (1, "failed"),
        (2, "failed"),
        (3, "failed"),
        (4, "sent"),
    ]
    assert {heard["message"][-4:] for heard in receiver.heard} == {"[e1]"}


async def test_pauses_grow_to_a_limit_and_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    for attempts_made in range(40):
        pauses = {module._pause_ms(attempts_made) for _ in range(50)}
        longest_ms = min(module.FIRST_RETRY_MS * 2**attempts_made, RETRY_AT_MOST_EVERY_MS)
        assert longest_ms // 2 <= min(pauses) < max(pauses) <= longest_ms


async def test_after_an_hour_it_is_given_up_as_recorded(log, clock, outbox, vault) -> None:
    async def refuse(*_: str) -> bool:
        return False

    await vault.channels.replace("account-1", ["json://127.0.0.1:1"])
    notifying = notifier(log, clock, outbox, vault, send=refuse)
    await happened(log)
    await receive(notifying, log)
    while (await outbox.states()) == {"waiting": 1}:
        await notifying.deliver_due()
        clock.advance_to(clock.now_ms() + RETRY_AT_MOST_EVERY_MS)
    assert await outbox.states() == {"gave_up": 1}
    made = await attempts(outbox)
    assert len(made) > 10
    assert max(time_ms for *_, time_ms in made) < NOW_MS + USEFUL_MS


async def test_what_is_old_when_it_is_taken_is_recorded_as_expired_and_not_sent(
    log, clock, outbox, vault, receiver
) -> None:
    await vault.channels.replace("account-1", [receiver.url])
    notifying = notifier(log, clock, outbox, vault)
    await happened(log, time_ms=NOW_MS - USEFUL_MS)
    await happened(log, event_id="e2", time_ms=NOW_MS - USEFUL_MS + 1)
    await receive(notifying, log)
    await notifying.deliver_due()
    assert [heard["message"][-4:] for heard in receiver.heard] == ["[e2]"]
    assert await outbox.states() == {"expired": 1, "sent": 1}


async def test_an_offer_is_of_use_for_as_long_as_the_charger_is_held(log, clock, outbox, vault, receiver) -> None:
    held = SessionOffered(
        rule="r", reason="r", session_id="s1", charger_id="c1", held_until_ms=NOW_MS + 300_000, facts=()
    )
    await vault.channels.replace("account-1", [receiver.url])
    notifying = notifier(log, clock, outbox, vault)
    await happened(log, held)
    await receive(notifying, log)
    clock.advance_to(NOW_MS + 300_000)
    await notifying.deliver_due()
    assert (receiver.heard, await outbox.states()) == ([], {"expired": 1})


async def test_a_restart_forgets_nothing_and_sends_nothing_twice(log, clock, open_outbox, vault, receiver) -> None:
    await vault.channels.replace("account-1", [receiver.url])
    with open_outbox() as outbox:
        notifying = notifier(log, clock, outbox, vault)
        await happened(log)
        await receive(notifying, log)
        await notifying.deliver_due()
        await happened(log, event_id="e2")
        await receive(notifying, log)
        await outbox.claim(clock.now_ms(), clock.now_ms() + CLAIMED_MS)  # and there it dies
    with open_outbox() as outbox:
        notifying = notifier(log, clock, outbox, vault)
        assert await notifying.deliver_due() == 0
        clock.advance_to(NOW_MS + CLAIMED_MS)
        assert await notifying.deliver_due() == 1
    assert [heard["message"][-4:] for heard in receiver.heard] == ["[e1]", "[e2]"]


async def test_of_two_processes_one_sends(log, clock, open_outbox, vault, receiver) -> None:
    await vault.channels.replace("account-1", [receiver.url])
    with open_outbox() as one, open_outbox() as other:
        first, second = notifier(log, clock, one, vault), notifier(log, clock, other, vault)
        await happened(log)
        await receive(first, log)
        await receive(second, log)
        await asyncio.gather(first.deliver_due(), second.deliver_due())
    assert len(receiver.heard) == 1


async def test_a_channel_that_was_taken_away_is_not_used(log, clock, outbox, vault, receiver) -> None:
    await vault.channels.replace("account-1", [receiver.url])
    notifying = notifier(log, clock, outbox, vault)
    await happened(log)
    await receive(notifying, log)
    await vault.channels.replace("account-1", [])
    await notifying.deliver_due()
    assert (receiver.heard, await outbox.states()) == ([], {"gave_up": 1})


async def test_it_follows_the_log_until_that_closes_and_goes_on_where_it_was(
    tmp_path, clock, outbox, vault, receiver
) -> None:
    await vault.channels.replace("account-1", [receiver.url])
    log = SqliteLog.open(tmp_path / "other")
    running = asyncio.create_task(notifier(log, clock, outbox, vault).run())
    await happened(log)
    async with asyncio.timeout(10):
        while not receiver.heard:
            await asyncio.sleep(0.01)
        await log.close()
        await running
    again = SqliteLog.open(tmp_path / "other")
    position = await outbox.consumed()
    assert position == {partition: end for partition, end in (await again.ends(EVENTS)).items() if end}
    await again.close()
