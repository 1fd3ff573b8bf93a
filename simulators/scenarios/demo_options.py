"""The options of a demo day, on the command line of `python -m simulators.scenarios.demo_world`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from simulators.world.sites import IN_SERVICE, KINDS

DESCRIPTION = "A real day at a garage, with cars and chargers, against a running server on simulated time."


@dataclass(frozen=True, slots=True)
class Options:
    """The limits are the site's, those of all garages together."""

    server: str
    ocpp: str
    control: str
    credentials: Path
    day: date
    limit_kw: float
    noon_limit_kw: float
    firm_kw: float
    site: str
    garages: int
    chargers: Sequence[str]
    seed: int
    walk_ups: int
    outages: int
    until: int | None
    patience: float
    speed: float | None
    out: Path | None
    progress: int


def parse(arguments: Sequence[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(prog="simulators.scenarios.demo_world", description=DESCRIPTION)
    parser.add_argument("--server", required=True, help="http://HOST:PORT of the REST interface")
    parser.add_argument("--ocpp", required=True, help="ws://HOST:PORT[/PATH]; the charger's identity is appended")
    parser.add_argument("--control", required=True, help="HOST:PORT of the control socket")
    parser.add_argument(
        "--credentials", required=True, type=Path, help="a JSON file with an operator's email, password"
    )
    parser.add_argument("--day", type=date.fromisoformat, default=date(2019, 3, 8), help="a day of March 2019")
    parser.add_argument("--limit-kw", type=float, default=40.0, help="the limit of each garage")
    parser.add_argument("--noon-limit-kw", type=float, default=25.0, help="the cap from 12:00 to 16:00")
    parser.add_argument("--firm-kw", type=float, default=25.0, help="the lowest cap ever")
    parser.add_argument("--site", default="garage", help="the site's id")
    parser.add_argument(
        "--garages", type=int, default=1, metavar="N", help="so many are one site, with N times the cars"
    )
    parser.add_argument(
        "--chargers", nargs="*", choices=KINDS, default=IN_SERVICE, help="kinds of chargers beside the usual ones"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--walk-ups", type=int, default=0, help="cars that are not registered")
    parser.add_argument("--outages", type=int, default=0, metavar="N", help="how often each charger's line is cut")
    parser.add_argument("--until", type=int, metavar="HOUR", help="everybody has left by this hour")
    parser.add_argument("--patience", type=float, default=0, metavar="S", help="wall time for a lost server to be back")
    parser.add_argument("--speed", type=float, help="simulated seconds a second, at most")
    parser.add_argument("--out", type=Path, help="where the measurements go (JSON); else to the standard output")
    parser.add_argument("--progress", type=int, default=300, metavar="S", help="a line every S simulated s; 0: none")
    given = vars(parser.parse_args(arguments))
    of_the_site = {name: given["garages"] * given[name] for name in ("limit_kw", "noon_limit_kw", "firm_kw")}
    return Options(**{**given, **of_the_site})
