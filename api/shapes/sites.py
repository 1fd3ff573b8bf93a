"""Sites: their electrical tree, grid limits, load and decisions."""

from __future__ import annotations

from datetime import datetime

from api.shapes.shape import Shape


class Node(Shape):
    """A node of a site's electrical tree, where current is limited per phase, in total, or both."""

    id: str
    parent: str | None
    kind: str
    limit_a: list[float] | None
    """The limits of L1, L2 and L3."""
    limit_kw: float | None
    """The limit of all phases together."""


class Site(Shape):
    """A site and its electrical tree."""

    id: str
    location: str
    """The zone of the site, e.g. a geohash."""
    max_kw: float | None
    """The limit of the whole site when no grid limit is lower."""
    firm_kw: float
    """The lowest grid limit that the utility will ever set."""
    priority_reserve_kw: float
    """The power that is kept free for emergencies (tier 0)."""
    walk_ups: bool
    """Whether a card that nobody knows may charge where nobody waits."""
    nodes: list[Node]


class PromisedLimit(Shape):
    """A grid limit as it was decided."""

    cap_id: str
    limit_kw: float
    holds_from: datetime | None
    """The latest time from which the site stays below the limit."""
    guaranteed: bool | None
    """False: the limit is lower than the site can guarantee. It is followed as far as possible."""
    reason: str | None


class GridLimit(PromisedLimit):
    """A grid limit and the time range it is for."""

    starts_at: datetime
    ends_at: datetime | None
    """Null: until a later limit replaces it."""


class SiteNow(Site):
    """A site with its present and future grid limits."""

    grid_limits: list[GridLimit]


class Sites(Shape):
    """All sites."""

    sites: list[Site]


class LoadPoint(Shape):
    """One step of a site's load."""

    time: datetime
    """The start of the step."""
    load_kw: float | None
    """The mean load during the step; null: unknown."""
    limit_kw: float | None
    """The limit at the start of the step; null: there is none."""


class Load(Shape):
    """A site's load and limit over time."""

    step_s: int
    points: list[LoadPoint]


class Decision(Shape):
    """A decision about a site, with the rule it followed and the reason."""

    id: str
    type: str
    time: datetime
    stream: str
    charger_id: str | None
    session_id: str | None
    rule: str | None
    reason: str | None
    causationid: str
    """The id of the record that led to this decision."""


class Decisions(Shape):
    """The latest decisions about a site, newest first."""

    decisions: list[Decision]
