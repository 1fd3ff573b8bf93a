"""What others tell the kernel of a site: its tree and chargers, targets, one-shot commands."""

from __future__ import annotations

from domain.errors import DomainError
from domain.load_control import permits
from domain.load_control.context import KernelContext
from domain.load_control.ownership import holder
from domain.records import registry
from domain.records.load import ChargerAdded, CommandRequested, RequestCommand, TargetsKnown, TreeSet
from domain.records.sites import ScheduleChanged, TargetsRenewed

TREE_RULE = "load_control.tree.v1"
COMMAND_RULE = "load_control.command.v1"


def set_tree(context: KernelContext, told: registry.SiteRegistered) -> None:
    """Take over the tree. Raises `DomainError` where a charger would hang in the air."""
    known = {node.id for node in told.nodes}
    for charger in context.ledger.chargers.values():
        if charger.outlet.node not in known:
            raise DomainError(f"charger {charger.id} hangs at {charger.outlet.node}", field="nodes", rule=TREE_RULE)
    context.add(TreeSet(site_id=told.site_id, firm_w=told.firm_w, nodes=told.nodes))


def add_charger(context: KernelContext, told: registry.ChargerRegistered) -> None:
    if told.node not in context.ledger.nodes:
        raise DomainError(f"the site has no node {told.node}", field="node", rule=TREE_RULE)
    described = {name: value for name, value in told.__dict__.items() if name != "site_id"}
    context.add(ChargerAdded(**described))


def take_targets(context: KernelContext, told: ScheduleChanged | TargetsRenewed) -> None:
    """Targets that changed, in the order of those who gave them, or the word that the known ones go on."""
    targets = told.targets if isinstance(told, ScheduleChanged) else ()
    context.add(TargetsKnown(targets=targets, valid_until_ms=told.valid_until_ms))


def request_command(context: KernelContext, asked: RequestCommand) -> None:
    """Pass a one-shot command on. A remote start needs room like any other start, and gets its permit here.

    Raises `DomainError` where it has expired, or can't start.
    """
    charger = context.charger(asked.charger_id)
    if asked.expires_ms <= context.now_ms:
        raise DomainError("lies in the past", field="expires_ms", rule=COMMAND_RULE)
    if asked.action == "remote_start":
        if charger.transactions:
            raise DomainError("the charger is in use", field="charger_id", rule=COMMAND_RULE)
        if not permits.permit_now(context, charger, asked.command_id):
            reason = permits.objection(charger) or "there is no room for a start now"
            raise DomainError(reason, field="charger_id", rule=COMMAND_RULE)
    context.add(CommandRequested(**asked.__dict__, gateway_id=holder(charger)))
