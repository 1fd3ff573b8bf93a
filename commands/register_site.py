"""The request to register a site with its electrical tree."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from commands.log.topics import stream
from commands.quantities import Amperes, Identifier, Kilowatts, round_down, round_up
from commands.request import Request
from domain.records.registry import NodeSpec, RegisterSite

Zone = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/:+-]{0,62}$")]
"""A coarse location: a district, a grid zone or a geohash; never an address."""


class NodeRequest(Request):
    """A node of a site's electrical tree, where current is limited per phase, in total, or both."""

    id: Identifier
    parent: Identifier | None
    kind: Literal["site", "transformer", "panel", "circuit"]
    limit_a: Annotated[list[Amperes], Field(min_length=3, max_length=3)] | None = None
    """The limits of L1, L2 and L3."""
    limit_kw: Kilowatts | None = None
    """The limit of all phases together."""

    def spec(self) -> NodeSpec:
        """The node for the log, in mA and W."""
        return NodeSpec(
            id=self.id,
            parent=self.parent,
            kind=self.kind,
            limit_ma=None if self.limit_a is None else self._phases(self.limit_a),
            limit_w=None if self.limit_kw is None else round_down(self.limit_kw, 1000),
        )

    @staticmethod
    def _phases(limit_a: list[float]) -> tuple[int, int, int]:
        l1_ma, l2_ma, l3_ma = (round_down(phase_a, 1000) for phase_a in limit_a)
        return l1_ma, l2_ma, l3_ma


class SiteRequest(Request):
    """A site and its electrical tree."""

    field_names: ClassVar[dict[str, str]] = {
        "firm_w": "firm_kw",
        "priority_reserve_w": "priority_reserve_kw",
        "location_zone": "location",
        "site_id": "id",
    }

    id: Identifier
    location: Zone
    """The zone of the site: a district, a grid zone or a geohash; never an address."""
    firm_kw: Kilowatts
    """The lowest grid limit that the utility will ever set."""
    priority_reserve_kw: Kilowatts = 0
    """The power that is kept free for emergencies (tier 0)."""
    walk_ups: bool = Field(default=True, strict=True)
    """Whether a card that nobody knows may charge where nobody waits."""
    nodes: Annotated[list[NodeRequest], Field(min_length=1, max_length=1000)]

    def command(self) -> RegisterSite:
        """The command, in W."""
        return RegisterSite(
            site_id=self.id,
            location_zone=self.location,
            firm_w=round_down(self.firm_kw, 1000),
            nodes=tuple(node.spec() for node in self.nodes),
            priority_reserve_w=round_up(self.priority_reserve_kw, 1000),
            walk_ups=self.walk_ups,
        )

    def stream(self) -> str:
        """The stream of the site in the registry."""
        return stream("registry", f"site:{self.id}")
