"""A simulated site: its electrical tree and its chargers, as they are wired and as the server has them registered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulators.charger.charge_point import ChargePoint
from simulators.charger.personality import COMPLIANT, Personality
from simulators.server.rest import Api, Json
from simulators.time.virtual_time import VirtualTime
from simulators.world.truth import Node, Truth, Wires

VOLTAGE_V = 208.0
CHARGER_A = 32.0
MIN_A = 6.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials with which a charger connects."""

    charger_id: str
    ocpp_id: str
    password: str


@dataclass(frozen=True, slots=True)
class Charger:
    """A charger with the wires of each of its connectors, from connector 1 on. They have as many phases."""

    id: str
    wires: tuple[Wires, ...]
    character: Personality = COMPLIANT

    @classmethod
    def single(cls, charger_id: str, node: str, phases: tuple[str, ...], character: Personality = COMPLIANT) -> Charger:
        """A charger with one connector, which is its own outlet."""
        return cls(charger_id, (Wires(charger_id, node, phases, VOLTAGE_V),), character)

    @classmethod
    def double(cls, charger_id: str, node: str, phases: tuple[str, ...]) -> Charger:
        """A charger with two connectors."""
        return cls(charger_id, tuple(Wires(f"{charger_id}:{number}", node, phases, VOLTAGE_V) for number in (1, 2)))

    def registration(self, site_id: str) -> Json:
        """The body of `POST /chargers`."""
        first = self.wires[0]
        described: Json = {
            "id": self.id,
            "site_id": site_id,
            "node": first.node,
            "phases": list(first.phases),
            "max_a": CHARGER_A,
            "min_a": MIN_A,
            "voltage_v": first.voltage_v,
        }
        if len(self.wires) > 1:
            described["connectors"] = [
                {"id": number, "node": wires.node, "phases": list(wires.phases)}
                for number, wires in enumerate(self.wires, start=1)
            ]
        return described


@dataclass(frozen=True, slots=True)
class Site:
    """A site with its physical limits, which are registered on the server too."""

    id: str
    limit_kw: float
    firm_kw: float
    zone: str
    nodes: Sequence[Node]
    chargers: Sequence[Charger]

    def wires(self) -> list[Wires]:
        """The wires of all outlets."""
        return [wires for charger in self.chargers for wires in charger.wires]

    def truth(self) -> Truth:
        return Truth(self.nodes, self.wires())

    def point(self, time: VirtualTime, url: str, credentials: Credentials, seed: int = 0) -> ChargePoint:
        """The charge point that has these credentials."""
        charger = next(charger for charger in self.chargers if charger.id == credentials.charger_id)
        return ChargePoint(
            time,
            url,
            credentials.ocpp_id,
            credentials.password,
            charger_id=charger.id,
            connectors=len(charger.wires),
            phases=len(charger.wires[0].phases),
            voltage_v=charger.wires[0].voltage_v,
            max_a=CHARGER_A,
            character=charger.character,
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
        answers = [await api.post("/chargers", charger.registration(self.id)) for charger in self.chargers]
        return [Credentials(answer["id"], answer["ocpp_id"], answer["password"]) for answer in answers]
