"""Which version this is. Commonwatt runs from its checkout, so pyproject.toml knows."""

from pathlib import Path

import typer


def number() -> str:
    """As in pyproject.toml."""
    import tomllib

    version: str = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text())["project"]["version"]
    return version


def show(wanted: bool) -> None:
    """Print the version and leave, if it is asked for."""
    if wanted:
        typer.echo(f"commonwatt {number()}")
        raise typer.Exit
