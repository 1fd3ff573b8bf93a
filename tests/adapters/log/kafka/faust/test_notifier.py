"""The notifier's worker, by its command: killed and started again it tells all, each under its key."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from adapters.database import Database
from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from adapters.notify.notifier import CLAIMED_MS
from adapters.vault.vault import Vault
from commands.log.codec import entry
from commands.log.topics import EVENTS
from domain.records import input_record
from domain.records.load import AlarmRaised
from domain.records.registry import AccountRegistered
from projections import accounts
from projections.runner import Projector
from services.base.databases import READ_MODELS
from tests.adapters.notify.receiver import Receiver, receiving

ROOT = Path(__file__).resolve().parents[5]
PATIENCE_S = 60 + CLAIMED_MS // 1000  # what the first had claimed when it was killed is due again then


@contextmanager
def notifier(settings: KafkaSettings, data: Path) -> Iterator[subprocess.Popen[bytes]]:
    quick = settings.model_copy(update={"session_timeout_ms": 2000})
    command = [sys.executable, "-m", "tests.adapters.log.kafka.faust.notifier", quick.model_dump_json(), str(data)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "COMMONWATT_NOTIFY_SERVICES": "json"})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def alarm(log: KafkaLog, number: int) -> None:
    now_ms = 4_000_000_000_000  # far from old, whatever the clock says
    said = AlarmRaised(code="overload", charger_id=f"c{number}", detail="too much")
    await log.append(
        EVENTS, [entry(input_record(f"e{number}", "/load", f"load:s{number}", now_ms, said, actor="load"))]
    )


async def heard(receiver: Receiver, count: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while {one["message"].split("[")[1] for one in receiver.heard} != {f"e{number}]" for number in range(count)}:
            await asyncio.sleep(0.1)


async def test_killed_and_started_again_it_tells_everything(
    settings: KafkaSettings, log: KafkaLog, tmp_path: Path
) -> None:
    database, vault = Database(f"sqlite:///{tmp_path / READ_MODELS}", durable=False), Vault.open(tmp_path)
    projecting = asyncio.create_task(Projector(log, database).run())
    operator = AccountRegistered(account_id="op", role="operator", enterprise_id=None)
    await log.append(EVENTS, [entry(input_record("a1", "/registry", "registry:account:op", 1, operator, actor="x"))])
    async with asyncio.timeout(PATIENCE_S):
        while not projecting.done():
            await asyncio.sleep(0.1)
            if await _knows(database):
                break
    with receiving() as receiver:
        await vault.channels.replace("op", [receiver.url])
        with notifier(settings, tmp_path):
            await alarm(log, 0)
            await heard(receiver, 1)
            for number in range(1, 20):
                await alarm(log, number)
        with notifier(settings, tmp_path) as process:
            await heard(receiver, 20)
            process.terminate()
            assert await asyncio.to_thread(process.wait, PATIENCE_S) == 0
    await log.close()
    await projecting
    vault.close()
    database.close()


async def _knows(database: Database) -> bool:
    try:
        return await database.read(partial(accounts.find, account_id="op")) is not None
    except Exception:  # the tables are not there yet
        return False
