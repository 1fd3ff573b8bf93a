"""`python -m tests.faults.server --die-at COMMIT --die MOMENT ARGUMENTS`: the ordinary command line, with a fault.

--die-at N --die MOMENT   kill -9 at the N-th commit of the log's writer: its rows written (`before` COMMIT), its way to
                          the disk begun (`during`), or all of it durable and nobody answered yet (`after`)
--defect LIMIT_W          the safety kernel has a defect: a grid limit of that many W is something no rule foresaw
"""

from __future__ import annotations

import argparse
import os
import signal
import threading
from typing import Any

from adapters.log.sqlite import log
from adapters.log.sqlite.writer import Writer
from processors.engine import host
from processors.load import Load
from services.cli.app import app

MOMENTS = ("before", "during", "after")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Doomed:
    """The writer's connection; it counts its commits, and one of them it doesn't survive."""

    def __init__(self, connection: Any, last: int, moment: str) -> None:
        self._connection = connection
        self._left = last
        self._moment = moment

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: str, *parameters: Any) -> Any:
        self._left -= statement == "COMMIT"
        if statement != "COMMIT" or self._left:
            return self._connection.execute(statement, *parameters)
        if self._moment == "before":
            die()
        if self._moment == "during":
            threading.Thread(target=die).start()
        done = self._connection.execute(statement)
        die()
        return done


def doom(last: int, moment: str) -> None:
    class DoomedWriter(Writer):
        def __init__(self, connection: Any, *more: Any) -> None:
            super().__init__(Doomed(connection, last, moment), *more)

    log.Writer = DoomedWriter  # type: ignore[misc]


def break_kernel(limit_w: int) -> None:
    """A build of its own, for its rules are others."""
    decide = Load.decide

    def decide_or_fail(self: Load, state: Any, observations: Any, given: Any) -> Any:
        if getattr(given.data, "limit_w", None) == limit_w:
            raise ZeroDivisionError
        return decide(self, state, observations, given)

    Load.decide = decide_or_fail  # type: ignore[method-assign]
    host.this_build = lambda: "defective"


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.faults.server", description=__doc__)
    parser.add_argument("--die-at", type=int)
    parser.add_argument("--die", choices=MOMENTS, default="before")
    parser.add_argument("--defect", type=int, metavar="LIMIT_W")
    faults, arguments = parser.parse_known_args()
    if faults.die_at:
        doom(faults.die_at, faults.die)
    if faults.defect:
        break_kernel(faults.defect)
    app(arguments)


if __name__ == "__main__":
    main()
