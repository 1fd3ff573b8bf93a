"""Which version this is. Commonwatt runs from its checkout, so pyproject.toml knows."""

from pathlib import Path

import typer


def show(wanted: bool) -> None:
    """Print the version and leave, if it is asked for."""
    if wanted:
        import tomllib

        project = tomllib.loads(Path(__file__).parents[1].joinpath("pyproject.toml").read_text())["project"]
        typer.echo(f"{project['name']} {project['version']}")
        raise typer.Exit
