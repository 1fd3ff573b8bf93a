"""`./commonwatt assets`: fetch the browser's part of the pages. The launcher does it before this module runs."""

import typer


def assets() -> None:
    """Fetch the libraries of the pages (htmx, uPlot) from npm, if the first call could not."""
    typer.echo("The pages have all their libraries.")
