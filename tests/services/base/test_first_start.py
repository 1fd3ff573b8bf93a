"""Several services that start at once make one operator, and tell the password once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters.log.sqlite.log import SqliteLog
from adapters.vault.vault import Vault
from commands.log.topics import inputs
from processors.engine.history import records_of
from services.base.first_start import first_operator

NOW_MS = 1_000


async def test_of_several_at_once_one_tells(tmp_path: Path, new_postgres_url: Callable[[], Any]) -> None:
    log, url = SqliteLog.open(tmp_path), new_postgres_url()
    vaults = [Vault.open(tmp_path, url) for _ in range(4)]
    try:
        made = await asyncio.gather(*(first_operator(log, vault, NOW_MS + n) for n, vault in enumerate(vaults)))
        (operator,) = [one for one in made if one is not None]
        account_id = await vaults[0].accounts.with_credentials(operator.email, operator.password)
        topic = inputs("registry")
        asked = [record for p in range(log.partitions(topic)) async for _, record in records_of(log, topic, p)]
        assert {record.id for record in asked} == {account_id}
        assert {record.data.account_id for record in asked} == {account_id}
        assert await first_operator(log, vaults[1], NOW_MS) is None
    finally:
        for vault in vaults:
            vault.close()
        await log.close()


async def test_a_start_that_ended_halfway_is_gone_on_with(tmp_path: Path) -> None:
    log, vault = SqliteLog.open(tmp_path), Vault.open(tmp_path)
    try:
        first = await first_operator(log, vault, NOW_MS)
        assert first is not None
        account_id = await vault.accounts.with_email(first.email)
        assert account_id is not None
        await vault.accounts.forget(account_id)
        again = await first_operator(log, vault, NOW_MS + 1)
        assert again is not None
        assert await vault.accounts.with_credentials(again.email, again.password) == account_id
    finally:
        vault.close()
        await log.close()
