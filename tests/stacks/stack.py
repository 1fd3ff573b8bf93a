"""The stacks of other makers, and how the program on top of each is made ready to run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


class Missing(Exception):
    """What a stack needs is not on this machine."""


@dataclass(frozen=True, slots=True)
class Stack:
    """`command` makes it ready, the first time, and returns how it is called; it raises `Missing`.

    `enable`: the command that installs what is missing.
    """

    name: str
    command: Callable[[], Sequence[str | Path]]
    enable: str


def _python() -> Sequence[str | Path]:
    """The `ocpp` package, which the server's own dependencies bring along."""
    return [sys.executable, HERE / "python" / "charger.py"]


STACKS = (Stack("python", _python, "./commonwatt test --version"),)
