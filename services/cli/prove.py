"""`./commonwatt prove EVENT`: call the rule of one recorded decision again, with the inputs that it recorded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

if TYPE_CHECKING:
    from commands.ports.log import Stored
    from domain.proof import Outlets, Proof
    from domain.records import Record
    from services.base.logs import AnyLog

EVENT = Annotated[str, typer.Argument(help="The id of the event, as the API and the pages show it.")]
DATA = Annotated[Path, typer.Option(help="The folder that holds the log.")]
EQUAL, DIFFERENT, UNPROVED = 0, 1, 2


def prove(event: EVENT, data: DATA = Path("data")) -> None:
    """Call the rule of one decision again and compare its outcome with the recorded one.

    Exits with 0 where they are equal, with 1 where they differ, and with 2 where nothing can be proved: there is no
    such event, it holds no decision, or its rule can't be called again. All events are looked through; nothing is
    written, so it may run beside a server or on a copy. On Kafka where COMMONWATT_KAFKA_BROKERS names it, else on the
    file in the folder.
    """
    import asyncio

    raise typer.Exit(asyncio.run(_prove(data, event)))


async def _prove(data: Path, event_id: str) -> int:
    from commands.ports.log import LogError
    from domain.proof import Unprovable
    from services.base.logs import existing_log
    from services.base.settings import SettingsError

    try:
        log = existing_log(data, read_only=True)
        try:
            record, done = await _proof(log, event_id)
        finally:
            await log.close()
    except (LogError, SettingsError, Unprovable) as error:
        typer.echo(f"nothing is proved: {error}", err=True)
        return UNPROVED
    _show(record, done)
    return EQUAL if done.is_equal() else DIFFERENT


async def _proof(log: AnyLog, event_id: str) -> tuple[Record, Proof]:
    """The event with this id and the proof of its decision. Raises `Unprovable` where there is none."""
    from commands.log.codec import decode
    from domain import proof
    from domain.records import Decision

    stored = await _stored(log, event_id)
    if stored is None:
        raise proof.Unprovable(f"there is no event {event_id} on this log")
    record = decode(stored.body)
    if not isinstance(record.data, Decision):
        raise proof.Unprovable(f"the event {event_id} of type {record.type} holds no decision")
    return record, proof.prove(record.data, await _outlets(log, stored.position.partition, record.stream))


async def _stored(log: AnyLog, event_id: str) -> Stored | None:
    """The event with this id, looked for among all of them: the log has no index of ids."""
    from commands.log import topics
    from commands.log.record_header import read_header
    from processors.engine.history import stored_of

    for partition in range(log.partitions(topics.EVENTS)):
        async for stored in stored_of(log, topics.EVENTS, partition):
            if read_header(stored.body).id == event_id:
                return stored
    return None


async def _outlets(log: AnyLog, partition: int, stream: str) -> Outlets:
    """The chargers of a site, by the events of its stream; none for a stream that is no site's."""
    from commands.log import topics
    from commands.log.codec import decode
    from commands.log.record_header import read_header
    from domain.records.sites import SiteChargerAdded
    from domain.site.state import outlet_of
    from processors.engine.history import stored_of

    outlets = {}
    async for stored in stored_of(log, topics.EVENTS, partition):
        known = read_header(stored.body)
        if (known.stream, known.type) == (stream, SiteChargerAdded.type_name):
            added = decode(stored.body).data
            assert isinstance(added, SiteChargerAdded)
            outlets[added.charger_id] = outlet_of(added)
    return outlets


def _show(record: Record, done: Proof) -> None:
    from commands.quantities import rfc3339

    typer.echo(f"event     {record.id}  {record.type} of {record.stream} at {rfc3339(record.time)}")
    typer.echo(f"rule      {done.rule}")
    typer.echo(f"inputs    {_json(done.inputs)}")
    typer.echo(f"recorded  {_json(done.recorded)}")
    typer.echo(f"again     {_json(done.again)}")
    typer.echo("proof: equal" if done.is_equal() else "proof: DIFFERENT")


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
