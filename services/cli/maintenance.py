"""`./commonwatt checkpoint`, `unpark` and `migrate`: care for the vault, and for a log while no server runs on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services.base.logs import AnyLog

DATA = Annotated[Path, typer.Option(help="The folder that holds the log.")]
NAME = Annotated[str | None, typer.Option(help="What to call it; the present time when left out.")]
STREAM = Annotated[str, typer.Argument(help="The stream that was parked, e.g. sites:garage.")]


def checkpoint(data: DATA = Path("data"), name: NAME = None) -> None:
    """Write down where every processor is, so that `replay --from NAME` can start there."""
    called = name or datetime.now(UTC).isoformat(timespec="seconds")

    async def write(log: AnyLog) -> int:
        from commands.log import topics
        from processors.engine.host import Host
        from services.composition.processors import all_processors

        for processor in all_processors():
            host = Host(processor, log)
            await host.restore()
            if len(await host.consumer.positions()) < log.partitions(topics.inputs(processor.name)):
                typer.echo(f"stop the workers of {processor.name} first: they own some of its partitions", err=True)
                return 1
            await host.checkpoint(called)
        typer.echo(f"checkpoint {called}")
        return 0

    raise typer.Exit(_run(_with_log(data, write)))


def migrate(data: DATA = Path("data")) -> None:
    """Bring the vault's tables to this build's version, as every start of a server does by itself.

    For where only this command may change tables: COMMONWATT_VAULT_URL names the database.
    """
    from adapters.vault.keys import VaultError
    from adapters.vault.migrations import newest
    from services.base.databases import Databases
    from services.base.settings import SettingsError

    try:
        Databases.from_settings().open_vault(data).close()
    except (SettingsError, VaultError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"the vault is at {newest()}")


def unpark(stream: STREAM, data: DATA = Path("data")) -> None:
    """Let a parked stream go on after its defect was mended: what was set aside is handled at the next start."""

    async def let_go(log: AnyLog) -> int:
        from adapters.ids import uuid7
        from commands.log import topics
        from commands.log.codec import entry
        from domain.records import input_record
        from domain.records.time import StreamUnparked
        from processors.engine.history import parked_inputs

        processor = stream.partition(":")[0]
        known = await parked_inputs(log, processor) if processor in topics.PROCESSORS else {}
        waiting = known.get(stream, [])
        if not waiting:
            typer.echo(f"{stream} is not parked; parked: {', '.join(sorted(known)) or 'nothing'}", err=True)
            return 1
        time_ms = waiting[-1].time
        unparked = input_record(uuid7(time_ms), "/operator", stream, time_ms, StreamUnparked(), actor="operator")
        again = [(topics.inputs(processor), entry(record)) for record in [unparked, *waiting]]
        await log.append_all([*again, (topics.parked(processor), entry(unparked))])
        typer.echo(f"{stream}: {len(waiting)} inputs will be handled at the next start")
        return 0

    raise typer.Exit(_run(_with_log(data, let_go)))


def _run(work: Coroutine[None, None, int]) -> int:
    import asyncio

    return asyncio.run(work)


async def _with_log(data: Path, work: Callable[[AnyLog], Awaitable[int]]) -> int:
    """Do `work` on the log; clear words where a server holds it, or where there is none."""
    from commands.ports.log import LogError
    from services.base.logs import existing_log

    try:
        log = existing_log(data)
        try:
            return await work(log)
        finally:
            await log.close()
    except LogError as error:
        typer.echo(str(error), err=True)
        return 1
