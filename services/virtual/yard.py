"""The site of a run: one node, at which all chargers hang, as it is wired and as it is registered."""

from __future__ import annotations

from collections.abc import Iterator

from commands.log.topics import stream
from commands.ports.directory import ChargerIdentity
from domain.records import Payload, registry
from services.virtual.plan import Plan
from simulators.world.truth import PHASES, Node, Truth, Wires

SITE = "yard"
ROOT = "root"
VOLTAGE_V = 230.0
OUTLET_A = 32.0
LEAST_A = 6.0
FIRM_SHARE = 0.25


class Yard:
    """Of a plan. Chargers with three phases are wired turned, so that cars which use one load all of them."""

    def __init__(self, plan: Plan) -> None:
        self._limit_a = plan.limit_a
        self.phases = {
            f"c{number + 1}": tuple((number * (plan.phases > 1) + phase) % 3 for phase in range(plan.phases))
            for number in range(plan.chargers)
        }
        """By charger: the site's phases, in the order of its own."""

    def truth(self) -> Truth:
        """The wires."""
        wires = [
            Wires(name, ROOT, tuple(PHASES[phase] for phase in phases), VOLTAGE_V)
            for name, phases in self.phases.items()
        ]
        return Truth([Node(ROOT, None, "site", (self._limit_a,) * 3, self._limit_w / 1000)], wires)

    def identity(self, name: str) -> ChargerIdentity:
        """What the gateway knows of a charger."""
        return ChargerIdentity(name, SITE, self.phases[name], int(VOLTAGE_V * 1000))

    def registration(self) -> Iterator[tuple[str, Payload]]:
        """The commands that register the site and its chargers, with their streams."""
        limit_ma = int(self._limit_a * 1000)
        root = registry.NodeSpec(id=ROOT, parent=None, kind="site", limit_w=self._limit_w, limit_ma=(limit_ma,) * 3)
        firm_w = int(self._limit_w * FIRM_SHARE)
        site = registry.RegisterSite(site_id=SITE, location_zone="z", firm_w=firm_w, nodes=(root,))
        yield stream("registry", f"site:{SITE}"), site
        for name, phases in self.phases.items():
            yield (
                stream("registry", f"charger:{name}"),
                registry.RegisterCharger(
                    charger_id=name,
                    site_id=SITE,
                    node=ROOT,
                    phases=phases,
                    max_ma=int(OUTLET_A * 1000),
                    min_ma=int(LEAST_A * 1000),
                    voltage_mv=int(VOLTAGE_V * 1000),
                ),
            )

    @property
    def _limit_w(self) -> int:
        return int(self._limit_a * 3 * VOLTAGE_V)
