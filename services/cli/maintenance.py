"""`./commonwatt checkpoint`, `unpark` and `migrate`: maintenance of the vault and of a log without a server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services.base.logs import AnyLog

DATA = Annotated[Path, typer.Option(help="Folder of the log.")]
NAME = Annotated[str | None, typer.Option(help="Name of the checkpoint; the present time by default.")]
STREAM = Annotated[str, typer.Argument(help="The parked stream, e.g. sites:garage.")]


def checkpoint(data: DATA = Path("data"), name: NAME = None) -> None:
    """Record the position and state of every processor, where `replay --from NAME` can start."""
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
    """Migrate the tables of the vault to the version of this build, as every start of a server does.

    Use it where only this command may change tables: COMMONWATT_VAULT_URL names the database.
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
    """Release a parked stream after its defect was fixed: the next start handles the inputs that were set aside."""

    async def release(log: AnyLog) -> int:
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

    raise typer.Exit(_run(_with_log(data, release)))


def _run(work: Coroutine[None, None, int]) -> int:
    import asyncio

    return asyncio.run(work)


async def _with_log(data: Path, work: Callable[[AnyLog], Awaitable[int]]) -> int:
    """Do `work` on the log; 1 and the reason where a server holds it, or where there is none."""
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
