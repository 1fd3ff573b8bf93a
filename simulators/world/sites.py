"""The simulated sites: garages with three panels, one a phase, and four outlets on each; and a little hub."""

from __future__ import annotations

from collections.abc import Collection

from simulators.charger.personality import personality
from simulators.world.site import CHARGER_A, Charger, Site
from simulators.world.truth import Node

OUTLETS_A_PANEL = 4
PANEL_LIMITS_A = {"p1": 20.0, "p2": OUTLETS_A_PANEL * CHARGER_A, "p3": OUTLETS_A_PANEL * CHARGER_A}
PHASES = ("L1", "L2", "L3")
ZONE = "9q5fp"
"""Where the garage is: the geohash of Caltech, of five characters."""
NEARBY = {"lat": 34.14, "lon": -118.128}
"""A position on the way to it."""

TWO_CONNECTORS = "two_connectors"
"""The first two outlets of each panel belong to one charger."""
ODD_CHARGERS = {
    "watts_only": ("p2", 3),
    "session_register": ("p2", 4),
    "clock_ahead": ("p3", 3),
    "loses_stop": ("p3", 4),
}
"""Where in a garage the charger with each behaviour is: the panel, and the number on it."""
KINDS = (TWO_CONNECTORS, *ODD_CHARGERS)
IN_SERVICE = KINDS
"""The kinds of chargers that a garage has by default, besides the usual ones."""


def garage(
    site_id: str, limit_kw: float, firm_kw: float, garages: int = 1, kinds: Collection[str] = IN_SERVICE
) -> Site:
    """The garage, or several of them as one site, with some `KINDS` of chargers.

    Panel p1 has a small cable: it feeds three of its four outlets at their least.
    """
    nodes = [Node("site", None, "site", limit_kw=limit_kw)]
    chargers: list[Charger] = []
    for before in ("", *(f"g{number}-" for number in range(2, garages + 1))):
        for (panel, limit_a), phase in zip(PANEL_LIMITS_A.items(), PHASES, strict=True):
            nodes.append(Node(before + panel, "site", "panel", limit_a=(limit_a,) * 3))
            chargers += _on_panel(before, panel, phase, kinds)
    return Site(site_id, limit_kw, firm_kw, ZONE, nodes, chargers)


def _on_panel(before: str, panel: str, phase: str, kinds: Collection[str]) -> list[Charger]:
    behaviours = {place: kind for kind, place in ODD_CHARGERS.items() if kind in kinds}
    numbers = range(1, OUTLETS_A_PANEL + 1)
    chargers = []
    if TWO_CONNECTORS in kinds:
        chargers.append(Charger.double(f"{before}{panel}-1", before + panel, (phase,)))
        numbers = numbers[2:]
    for number in numbers:
        character = personality(behaviours.get((panel, number), "compliant"))
        chargers.append(Charger.single(f"{before}{panel}-{number}", before + panel, (phase,), character))
    return chargers


def little_hub(site_id: str) -> Site:
    """Three chargers on one panel, one a phase. Together they could draw nearly twice what the site may."""
    nodes = [
        Node("site", None, "site", limit_kw=11.0),
        Node("panel", "site", "panel", limit_a=(CHARGER_A,) * 3),
    ]
    chargers = [
        Charger.single(f"{site_id}-{number}", "panel", (phase,)) for number, phase in enumerate(PHASES, start=1)
    ]
    return Site(site_id, 11.0, 6.0, ZONE, nodes, chargers)
