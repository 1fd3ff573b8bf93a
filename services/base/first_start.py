"""The first start: it makes the operator's account and prints the password, once.

Several processes may start at once. All make the same account; only the one whose password the vault took prints it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import typer

from adapters.log.sqlite.log import SqliteLog
from adapters.vault.passwords import drawn
from adapters.vault.vault import Vault
from commands.log import topics
from commands.log.codec import entry
from commands.ports.log import Log
from domain.errors import DomainError
from domain.records import derived_id, input_record
from domain.records.registry import RegisterAccount

EMAIL = "operator@localhost"


@dataclass(frozen=True, slots=True)
class Operator:
    """The credentials of the first operator."""

    email: str
    password: str


async def first_operator(log: Log, vault: Vault, now_ms: int) -> Operator | None:
    """Make the operator's account, if there is no account yet: first on the log, then in the vault."""
    if await vault.accounts.any():
        return None
    operator = Operator(EMAIL, drawn())
    account_id = derived_id("first-start", operator.email)
    stream = topics.stream("registry", f"account:{account_id}")
    asked = RegisterAccount(account_id=account_id, role="operator", enterprise_id=None)
    record = input_record(account_id, "/first-start", stream, now_ms, asked, actor=account_id)
    await log.append(topics.inputs("registry"), [entry(record)])
    with suppress(DomainError):  # another process was faster
        await vault.accounts.add(account_id, operator.email, operator.password)
    mine = await vault.accounts.with_credentials(operator.email, operator.password)
    return operator if mine else None


async def prepare_operator(data: Path, now_ms: int) -> Operator:
    """Make the operator's account in a folder that has none, before a server runs on it."""
    vault, log = Vault.open(data), SqliteLog.open(data)
    try:
        operator = await first_operator(log, vault, now_ms)
    finally:
        await log.close()
        vault.close()
    assert operator is not None, f"{data} has accounts already"
    return operator


async def print_first_operator(log: Log, vault: Vault, now_ms: int) -> None:
    """Make the account and print its credentials; only a hash of the password is stored."""
    operator = await first_operator(log, vault, now_ms)
    if operator is not None:
        typer.echo(f"The operator's account, its password shown this once: {operator.email} {operator.password}")
