"""What the registry describes for a site: its electrical tree and its chargers."""

from __future__ import annotations

from domain.electrical.charger_outlets import check_nodes, described_outlets
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
    """Count the outlets of this charger from here on. Raises `DomainError` where a node is not the site's."""
    check_nodes(event, context.ledger.nodes, RULE)
    for outlet in described_outlets(event):
        context.add(ChargerAdded(**outlet, ocpp_id=event.ocpp_id))
