"""The checks of a site's electrical tree, and of a charger's place in it, before they are registered."""

from __future__ import annotations

from collections.abc import Sequence

from domain.errors import DomainError
from domain.records.registry import ConnectorSpec, NodeSpec, RegisterCharger

RULE = "registry.site_tree.v1"
IEC_61851_MIN_MA = 6_000
"""The lowest current in mA that can be signalled to a car (IEC 61851-1): below it there is only 0."""
MAX_MA = 1_000_000
MAX_W = 1_000_000_000
MAX_CONNECTOR = 64


def check_tree(nodes: Sequence[NodeSpec], firm_w: int, priority_reserve_w: int) -> None:
    """Raise `DomainError` unless `nodes` form one tree below one site node, whose limit has room for both powers."""
    ids = [node.id for node in nodes]
    if len(set(ids)) != len(ids):
        raise DomainError("two nodes have the same id", field="nodes", rule=RULE)
    roots = [node for node in nodes if node.parent is None]
    if len(roots) != 1 or roots[0].kind != "site":
        raise DomainError("there must be exactly one node without a parent, of kind site", field="nodes", rule=RULE)
    parents = {node.id: node.parent for node in nodes}
    for node in nodes:
        _check_limits(node)
        _check_path(node.id, parents)
    if roots[0].limit_w is None:
        raise DomainError("the site node needs a limit of its power", field="nodes", rule=RULE)
    if not 0 <= firm_w <= roots[0].limit_w:
        raise DomainError("must lie between 0 and the site's limit", field="firm_w", rule=RULE)
    if not 0 <= priority_reserve_w <= roots[0].limit_w:
        raise DomainError("must lie between 0 and the site's limit", field="priority_reserve_w", rule=RULE)


def _check_limits(node: NodeSpec) -> None:
    if node.limit_w is not None and not 0 < node.limit_w <= MAX_W:
        raise DomainError(f"the limit of {node.id} must lie in 1 W to {MAX_W} W", field="nodes", rule=RULE)
    if node.limit_ma is not None and not all(0 <= phase_ma <= MAX_MA for phase_ma in node.limit_ma):
        raise DomainError(f"the limit of {node.id} must lie in 0 mA to {MAX_MA} mA", field="nodes", rule=RULE)


def _check_path(node_id: str, parents: dict[str, str | None]) -> None:
    seen: set[str] = set()
    current: str | None = node_id
    while current is not None:
        if current in seen:
            raise DomainError(f"{node_id} is its own ancestor", field="nodes", rule=RULE)
        if current not in parents:
            raise DomainError(f"{node_id} hangs below {current}, which is no node", field="nodes", rule=RULE)
        seen.add(current)
        current = parents[current]


def check_charger(charger: RegisterCharger) -> None:
    """Raise `DomainError` unless the electrical description of the charger, and of each connector, makes sense."""
    _check_outlet(charger)
    for connector in charger.connectors:
        _check_outlet(connector)
    numbers = [connector.connector_id for connector in charger.connectors]
    if len(set(numbers)) != len(numbers) or not all(0 < number <= MAX_CONNECTOR for number in numbers):
        reason = f"connectors must have different ids in 1..{MAX_CONNECTOR}"
        raise DomainError(reason, field="connectors", rule=RULE)
    if len(numbers) == 1:
        raise DomainError("a charger with one connector is described without it", field="connectors", rule=RULE)
    if not 50_000 <= charger.voltage_mv <= 1_000_000:
        raise DomainError("must lie in 50 V to 1000 V", field="voltage_mv", rule=RULE)


def _check_outlet(charger: RegisterCharger | ConnectorSpec) -> None:
    if not charger.phases or len(set(charger.phases)) != len(charger.phases) or not set(charger.phases) <= {0, 1, 2}:
        raise DomainError("phases must name one to three different ones of L1, L2, L3", field="phases", rule=RULE)
    if not IEC_61851_MIN_MA <= charger.min_ma <= charger.max_ma <= MAX_MA:
        raise DomainError(
            f"must be at least {IEC_61851_MIN_MA} mA (IEC 61851) and at most the highest current",
            field="min_ma",
            rule=RULE,
        )
