"""What the registry describes for a site: its tree of limits and its chargers."""

from __future__ import annotations

from domain.electrical.charger_outlets import outlets_of
from domain.errors import DomainError
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
    for outlet in outlets_of(event).values():
        if outlet.node not in context.site.limits:
            raise DomainError(f"the site has no node {outlet.node}", field="node", rule=RULE)
    for outlet_id, outlet in outlets_of(event).items():
        context.add(
            SiteChargerAdded(
                charger_id=outlet_id,
                node=outlet.node,
                phases=outlet.phases,
                max_ma=outlet.max_ma,
                min_ma=outlet.min_ma,
                voltage_mv=event.voltage_mv,
            )
        )
