"""What the registry describes for a site: its tree of limits and its chargers."""

from __future__ import annotations

from domain.errors import DomainError
from domain.records.registry import ChargerRegistered, SiteRegistered
from domain.records.sites import SiteAdded, SiteChargerAdded
from domain.site.context import RULE, SiteContext


def add_site(context: SiteContext, event: SiteRegistered) -> None:
    """Plan by this tree from here on."""
    context.add(SiteAdded(site_id=event.site_id, nodes=event.nodes, priority_reserve_w=event.priority_reserve_w))


def add_charger(context: SiteContext, event: ChargerRegistered) -> None:
    """Plan with this charger from here on. Raises `DomainError` where its node is not the site's."""
    if event.node not in context.site.limits:
        raise DomainError(f"the site has no node {event.node}", field="node", rule=RULE)
    described = {name: value for name, value in event.__dict__.items() if name != "site_id"}
    context.add(SiteChargerAdded(**described))
