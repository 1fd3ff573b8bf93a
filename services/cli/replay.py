"""`./commonwatt replay`: prove that the recorded inputs lead to the recorded events."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from services.cli.build import archive_name

if TYPE_CHECKING:
    from commands.ports.log import Log
    from processors.engine.checkpoint import Checkpoint
    from processors.engine.replay import Difference, OtherBuild

DATA = Annotated[Path, typer.Option(help="Folder of the log.")]
FROM = Annotated[str | None, typer.Option("--from", help="Start at this checkpoint instead of the first input.")]
TO = Annotated[str | None, typer.Option("--to", help="End at this checkpoint instead of the last input.")]


def replay(data: DATA = Path("data"), start: FROM = None, end: TO = None) -> None:
    """Decide everything again from the recorded inputs and compare the events, byte for byte.

    Prints the first difference and exits with 1. It only reads, so it may run beside a server or on a copy. The log is
    on Kafka if COMMONWATT_KAFKA_BROKERS names brokers, else the file in the folder.
    """
    import asyncio

    raise typer.Exit(asyncio.run(_replay(data, start, end)))


async def _replay(data: Path, start: str | None, end: str | None) -> int:
    from commands.ports.log import LogError
    from processors.engine import replay as replaying
    from processors.engine.build import this_build
    from services.base.logs import existing_log
    from services.base.settings import SettingsError
    from services.composition.processors import all_processors

    try:
        log = existing_log(data, read_only=True)
        try:
            for processor in all_processors():
                consumed = await log.consumed(processor.name)
                first = await _checkpoint(log, processor.name, start)
                last = await _checkpoint(log, processor.name, end)
                done = await replaying.replay(log, processor, this_build(), consumed, first, last)
                typer.echo(f"{done.processor:10} {done.inputs:8,} inputs {done.events:8,} events", nl=False)
                typer.echo("  equal" if done.difference is None else "  DIFFERENT")
                if done.difference is not None:
                    _explain(done.difference)
                    return 1
        finally:
            await log.close()
    except replaying.OtherBuild as other:
        _name_the_way(other, this_build())
        return 1
    except (LogError, SettingsError) as error:
        typer.echo(str(error), err=True)
        return 1
    typer.echo("replay: equal")
    return 0


async def _checkpoint(log: Log, processor: str, name: str | None) -> Checkpoint | None:
    """The newest checkpoint of that name; a processor that has none is replayed whole."""
    from processors.engine.checkpoint import load, read_all

    if name is None:
        return None
    known = await read_all(log, processor)
    found = [point for point in known if point.name == name]
    if not found and known:
        names = ", ".join(dict.fromkeys(point.name for point in known))
        typer.echo(f"{processor} has no checkpoint {name}, but {names}", err=True)
        raise typer.Exit(1)
    return await load(log, found) if found else None


def _name_the_way(other: OtherBuild, here: str) -> None:
    typer.echo(f"{other}.", err=True)
    typer.echo(f"To prove these: unpack {archive_name(other.needed)} and call its replay (docs/recovery.md).", err=True)
    typer.echo(f"To prove those of this build: --from build-{here}", nl=False, err=True)
    typer.echo(f", or --to build-{other.needed} where that build came later.", err=True)


def _explain(difference: Difference) -> None:
    typer.echo(f"first difference: stream {difference.stream}, event {difference.index}")
    recorded = orjson.loads(difference.recorded) if difference.recorded else None
    replayed = orjson.loads(difference.replayed) if difference.replayed else None
    for name, was, now in _differing("", recorded, replayed):
        typer.echo(f"  {name}: recorded {was!r}, replayed {now!r}")


def _differing(name: str, was: object, now: object) -> Sequence[tuple[str, object, object]]:
    """The innermost fields in which two JSON values differ."""
    if isinstance(was, dict) and isinstance(now, dict):
        inner = [_differing(f"{name}.{key}".lstrip("."), was.get(key), now.get(key)) for key in sorted({*was, *now})]
        return [row for rows in inner for row in rows]
    return [] if was == now else [(name or "event", was, now)]
