"""`sites`: the sites with their electrical trees."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Connection, String, Table, bindparam, select

from domain.records.registry import NodeSpec, SiteRegistered
from projections.projection import METADATA, Change, Happened, Projection, Row, first, insert_new, rows

SITES = Table(
    "sites",
    METADATA,
    Column("id", String, primary_key=True),
    Column("location_zone", String, nullable=False),
    Column("max_w", BigInteger),
    Column("firm_w", BigInteger, nullable=False),
    Column("priority_reserve_w", BigInteger, nullable=False),
    Column("walk_ups", Boolean, nullable=False),
    Column("tree", JSON, nullable=False),
)
PROJECTION = Projection(SITES, "registry")
ADD = insert_new(SITES)


@PROJECTION.on(SiteRegistered)
def _registered(event: SiteRegistered, _: Happened) -> Iterable[Change]:
    row = {
        "id": event.site_id,
        "location_zone": event.location_zone,
        "max_w": next(node.limit_w for node in event.nodes if node.parent is None),
        "firm_w": event.firm_w,
        "priority_reserve_w": event.priority_reserve_w,
        "walk_ups": event.walk_ups,
        "tree": [_node(node) for node in event.nodes],
    }
    return [(ADD, row)]


def _node(node: NodeSpec) -> dict[str, Any]:
    limit_ma = None if node.limit_ma is None else list(node.limit_ma)
    return {"id": node.id, "parent": node.parent, "kind": node.kind, "limit_ma": limit_ma, "limit_w": node.limit_w}


ALL = select(SITES).order_by(SITES.c.id)
ONE = select(SITES).where(SITES.c.id == bindparam("id"))


def every(connection: Connection) -> list[Row]:
    """All sites."""
    return rows(connection, ALL)


def find(connection: Connection, site_id: str) -> Row | None:
    """A site, or None."""
    return first(connection, ONE, id=site_id)
