"""The simulated sites: garages with three panels, one a phase, and four chargers on each; and a little hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulators.charger.charge_point import ChargePoint
from simulators.server.rest import Api
from simulators.time.virtual_time import VirtualTime
from simulators.world.truth import Node, Outlet, Truth

VOLTAGE_V = 208.0
CHARGER_A = 32.0
MIN_A = 6.0
CHARGERS_A_PANEL = 4
PANEL_LIMITS_A = {"p1": 20.0, "p2": CHARGERS_A_PANEL * CHARGER_A, "p3": CHARGERS_A_PANEL * CHARGER_A}
PHASES = ("L1", "L2", "L3")
ZONE = "9q5fp"
"""Where the garage is: the geohash of Caltech, of five characters."""
NEARBY = {"lat": 34.14, "lon": -118.128}
"""A position on the way to it."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials with which a charger connects."""

    charger_id: str
    ocpp_id: str
    password: str


@dataclass(frozen=True, slots=True)
class Site:
    """A site with its physical limits, which are registered on the server too."""

    id: str
    limit_kw: float
    firm_kw: float
    zone: str
    nodes: Sequence[Node]
    outlets: Sequence[Outlet]

    def truth(self) -> Truth:
        return Truth(self.nodes, self.outlets)

    def point(self, time: VirtualTime, url: str, credentials: Credentials, seed: int = 0) -> ChargePoint:
        """The charge point that has these credentials."""
        outlet = next(outlet for outlet in self.outlets if outlet.charger == credentials.charger_id)
        return ChargePoint(
            time,
            url,
            credentials.ocpp_id,
            credentials.password,
            charger_id=credentials.charger_id,
            phases=len(outlet.phases),
            voltage_v=outlet.voltage_v,
            max_a=CHARGER_A,
            seed=seed,
        )

    async def register(self, api: Api) -> list[Credentials]:
        """Register the site and its chargers on the server. Raises `Refused`."""
        nodes = [
            {
                "id": node.id,
                "parent": node.parent,
                "kind": node.kind,
                **({"limit_a": list(node.limit_a)} if node.limit_a is not None else {}),
                **({"limit_kw": node.limit_kw} if node.limit_kw is not None else {}),
            }
            for node in self.nodes
        ]
        await api.post("/sites", {"id": self.id, "location": self.zone, "firm_kw": self.firm_kw, "nodes": nodes})
        return [await self._register_charger(api, outlet) for outlet in self.outlets]

    async def _register_charger(self, api: Api, outlet: Outlet) -> Credentials:
        answer = await api.post(
            "/chargers",
            {
                "id": outlet.charger,
                "site_id": self.id,
                "node": outlet.node,
                "phases": list(outlet.phases),
                "max_a": CHARGER_A,
                "min_a": MIN_A,
                "voltage_v": outlet.voltage_v,
            },
        )
        return Credentials(answer["id"], answer["ocpp_id"], answer["password"])


def garage(site_id: str, limit_kw: float, firm_kw: float, garages: int = 1) -> Site:
    """The garage, or several of them as one site.

    Panel p1 has a small cable: it feeds three of its four chargers at their least.
    """
    panels = [
        (before + panel, limit_a, phase)
        for before in ["", *(f"g{number}-" for number in range(2, garages + 1))]
        for (panel, limit_a), phase in zip(PANEL_LIMITS_A.items(), PHASES, strict=True)
    ]
    nodes = [Node("site", None, "site", limit_kw=limit_kw)]
    nodes += [Node(panel, "site", "panel", limit_a=(limit_a,) * 3) for panel, limit_a, _ in panels]
    outlets = [
        Outlet(f"{panel}-{number}", panel, (phase,), VOLTAGE_V)
        for panel, _, phase in panels
        for number in range(1, CHARGERS_A_PANEL + 1)
    ]
    return Site(site_id, limit_kw, firm_kw, ZONE, nodes, outlets)


def little_hub(site_id: str) -> Site:
    """Three chargers on one panel, one a phase. Together they could draw nearly twice what the site may."""
    nodes = [
        Node("site", None, "site", limit_kw=11.0),
        Node("panel", "site", "panel", limit_a=(CHARGER_A,) * 3),
    ]
    outlets = [
        Outlet(f"{site_id}-{number}", "panel", (phase,), VOLTAGE_V) for number, phase in enumerate(PHASES, start=1)
    ]
    return Site(site_id, 11.0, 6.0, ZONE, nodes, outlets)
