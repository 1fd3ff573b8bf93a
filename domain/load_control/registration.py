"""What the registry describes for a site: its electrical tree and its chargers."""

from __future__ import annotations

from domain.errors import DomainError
from domain.load_control.context import KernelContext
from domain.records.load import ChargerAdded, TreeSet
from domain.records.registry import ChargerRegistered, SiteRegistered

RULE = "load_control.tree.v1"


def set_tree(context: KernelContext, event: SiteRegistered) -> None:
    """Control the load of this tree from here on. Raises `DomainError` where a charger's node is missing."""
    known = {node.id for node in event.nodes}
    for charger in context.ledger.chargers.values():
        if charger.outlet.node not in known:
            raise DomainError(f"charger {charger.id} hangs at {charger.outlet.node}", field="nodes", rule=RULE)
    context.add(TreeSet(site_id=event.site_id, firm_w=event.firm_w, nodes=event.nodes))


def add_charger(context: KernelContext, event: ChargerRegistered) -> None:
    """Count this charger from here on. Raises `DomainError` where its node is not the site's."""
    if event.node not in context.ledger.nodes:
        raise DomainError(f"the site has no node {event.node}", field="node", rule=RULE)
    described = {name: value for name, value in event.__dict__.items() if name != "site_id"}
    context.add(ChargerAdded(**described))
