"""The report of a demo day: on the terminal, and as one HTML file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from services.demo import page, summary
from services.demo.bounds import BOUNDS, Figures, failed


def holds(figures: Figures) -> bool:
    """Whether every bound held."""
    return not failed(figures)


def show(console: Console, figures: Figures, file: Path) -> None:
    """Print the summary, the bounds, and the path of the page."""
    console.print()
    for heading, words in summary.paragraphs(figures):
        console.print(Text(heading, "bold"))
        console.print(Padding(Text(words), (0, 0, 1, 2)))
    console.print(_bounds_table(figures))
    console.print(Text(summary.verdict(figures), "bold green" if holds(figures) else "bold red"))
    console.print(Text(f"Took {figures['wall_s']:g} s, on {figures['log']}. The page: {file}"), soft_wrap=True)


def write(file: Path, figures: Figures, measured: Mapping[str, Any]) -> None:
    """Write the page: figures, charts, tables and summary, without scripts or anything to load."""
    file.write_text(page.page(figures, measured), encoding="utf-8")


def _bounds_table(figures: Figures) -> Table:
    table = Table("bound", "measured", "must be", "", box=None, pad_edge=False, header_style="dim")
    for bound in BOUNDS:
        held = bound.holds(figures)
        mark = Text("✓ held", "green") if held else Text("✗ FAILED", "bold red")
        table.add_row(bound.name, bound.shown(figures), bound.must, mark)
    return table
