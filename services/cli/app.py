"""The command line.

A command is a function in a module of its own, registered here. Every call imports all these modules, so what is heavy
is imported inside the function that needs it: `./commonwatt --help` answers at once.
"""

from typing import Annotated

import typer

from services.base import version
from services.cli import (
    assets,
    bench,
    build,
    campaign,
    cluster,
    demo,
    maintenance,
    prove,
    rebuild,
    replay,
    schemas,
    serve,
    simulate,
    testing,
    token,
    topics,
)

app = typer.Typer(
    help="Coordinate EV charging across community hubs: fair queues, verified priority, grid limits.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo.demo)
app.add_typer(serve.serve, name="serve")
app.command()(assets.assets)
app.command()(simulate.simulate)
app.command()(token.token)
app.command()(replay.replay)
app.command()(build.build)
app.command()(prove.prove)
app.command()(rebuild.rebuild)
app.command()(maintenance.checkpoint)
app.command()(maintenance.migrate)
app.command()(maintenance.unpark)
app.command()(topics.topics)
app.add_typer(cluster.cluster, name="cluster")
app.add_typer(bench.bench, name="bench")
app.add_typer(campaign.campaign, name="campaign")
app.command(options_metavar="[PYTEST ARGUMENTS]", context_settings=testing.PASSES_ON)(testing.test)
app.command()(schemas.schemas)


@app.callback()
def commonwatt(
    show_version: Annotated[
        bool, typer.Option("--version", callback=version.show, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options before a command."""
