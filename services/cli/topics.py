"""`./commonwatt topics`: make the topics on the brokers, or check them."""

from __future__ import annotations

from typing import Annotated

import typer

BROKERS = Annotated[
    str | None,
    typer.Option(help="HOST:PORT, several with commas. TLS, SASL and the prefix: COMMONWATT_KAFKA_ (docs/kafka.md)."),
]
PARTITIONS = Annotated[int | None, typer.Option(min=1, max=1000, help="Partitions of each topic; 64 for new ones.")]
REPLICATION = Annotated[int | None, typer.Option(min=1, help="Replicas of each record; 3 for new topics.")]
CHECK = Annotated[bool, typer.Option("--check", help="Make nothing; print the differences.")]


def topics(
    brokers: BROKERS = None, partitions: PARTITIONS = None, replication: REPLICATION = None, check: CHECK = False
) -> None:
    """Make missing topics, then check all: partitions, replicas, retention, compaction."""
    from adapters.log.kafka.connectivity import admin_client
    from adapters.log.kafka.topics import differences, make_topics
    from commands.ports.log import LogError
    from services.base.logs import kafka_settings
    from services.base.settings import SettingsError

    try:
        settings = kafka_settings(brokers)
        admin = admin_client(settings)
        if not check:
            made = make_topics(admin, settings.prefix, partitions or 64, replication or 3)
            typer.echo(f"made {len(made)} topics")
        different = differences(admin, settings.prefix, partitions, replication)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except LogError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    for difference in different:
        typer.echo(str(difference), err=True)
    if different:
        raise typer.Exit(1)
    typer.echo("all topics are as they must be")
