"""`./commonwatt rebuild`: make the read models again from the events.

It makes all of them, since they share one consumed position, by which each event counts once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from adapters.database import Database

DATA = Annotated[Path, typer.Option(help="Folder of the log.")]
DATABASE = Annotated[
    str | None, typer.Option(help="The PostgreSQL of the read models; by default COMMONWATT_READ_MODELS_URL.")
]


def rebuild(data: DATA = Path("data"), database: DATABASE = None) -> None:
    """Make the read models again beside the live ones, and then replace these.

    On PostgreSQL the servers keep running. On SQLite the file belongs to the server: stop it first. An interruption
    changes nothing.
    """
    import asyncio

    from adapters.database.shadow_tables import AlreadyMade
    from commands.ports.database import DatabaseUnavailable
    from commands.ports.log import LogBusy, LogError
    from projections.rebuilding import TooSlow
    from services.base.databases import Databases
    from services.base.settings import SettingsError

    if not (data / "log.sqlite3").exists():
        typer.echo(f"there is no log in {data}: name its folder with --data", err=True)
        raise typer.Exit(1)
    try:
        databases = Databases.from_settings({} if database is None else {"read_models_url": database})
        live = databases.open_read_models(data)
        try:
            asyncio.run(_rebuild(data, live))
        finally:
            live.close()
    except LogBusy as error:
        typer.echo(f"stop the server first, {live.url.database} is its own: {error}", err=True)
        raise typer.Exit(1) from None
    except (SettingsError, LogError, DatabaseUnavailable, AlreadyMade, TooSlow) as error:
        typer.echo(f"nothing was changed: {error}", err=True)
        raise typer.Exit(1) from None


async def _rebuild(data: Path, live: Database) -> None:
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    from adapters.database.shadow_tables import ShadowTables
    from adapters.log.sqlite.log import SqliteLog
    from projections import rebuilding

    log = SqliteLog.open(data, read_only=not live.is_sqlite)  # SQLite's writer lock keeps the server off
    try:
        with (
            ShadowTables.made(live) as shadow,
            Progress(TextColumn("read models"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()) as shown,
        ):
            task = shown.add_task("")
            await rebuilding.rebuild(log, shadow, lambda done, of: shown.update(task, completed=done, total=of))
    finally:
        await log.close()
    typer.echo("the read models are made again")
