"""What the registry describes for a site: its tree of limits and its chargers."""

from __future__ import annotations

from domain.electrical.charger_outlets import check_nodes, described_outlets
from domain.records.registry import ChargerRegistered, SiteRegistered
from domain.records.sites import SiteAdded, SiteChargerAdded
from domain.site.context import RULE, SiteContext


def add_site(context: SiteContext, event: SiteRegistered) -> None:
    """Plan by this tree from here on."""
    context.add(
        SiteAdded(
            site_id=event.site_id,
            nodes=event.nodes,
            priority_reserve_w=event.priority_reserve_w,
            walk_ups=event.walk_ups,
        )
    )


def add_charger(context: SiteContext, event: ChargerRegistered) -> None:
    """Plan with the outlets of this charger from here on. Raises `DomainError` where a node is not the site's."""
    check_nodes(event, context.site.limits, RULE)
    for outlet in described_outlets(event):
        context.add(SiteChargerAdded(**outlet))
