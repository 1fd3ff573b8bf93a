"""The version, read from pyproject.toml: Commonwatt runs from its checkout."""

from pathlib import Path

import typer


def number() -> str:
    """The version number."""
    import tomllib

    version: str = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text())["project"]["version"]
    return version


def show(requested: bool) -> None:
    """Print the version and exit, if requested."""
    if requested:
        typer.echo(f"commonwatt {number()}")
        raise typer.Exit
