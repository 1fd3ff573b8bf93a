"""One-shot commands to chargers."""

from __future__ import annotations

from domain.errors import DomainError
from domain.load_control import permits
from domain.load_control.context import KernelContext
from domain.load_control.ownership import connected_gateway
from domain.records.load import CommandAnswered, CommandRequested, RequestCommand
from domain.records.observations import CommandAnswer

RULE = "load_control.command.v1"


def request(context: KernelContext, asked: RequestCommand) -> None:
    """Pass a one-shot command on. A remote start needs room like any other start, and gets its permit here.

    Raises `DomainError` where it has expired, or can't start.
    """
    charger = context.charger(asked.charger_id)
    if asked.expires_ms <= context.now_ms:
        raise DomainError("lies in the past", field="expires_ms", rule=RULE)
    if asked.action == "remote_start":
        if charger.transactions:
            raise DomainError("the charger is in use", field="charger_id", rule=RULE)
        if not permits.permit_now(context, charger, asked.command_id):
            reason = permits.objection(charger) or "there is no room for a start now"
            raise DomainError(reason, field="charger_id", rule=RULE)
    context.add(CommandRequested(**asked.__dict__, gateway_id=connected_gateway(charger)))


def answered(context: KernelContext, answer: CommandAnswer) -> None:
    """Record the answer to a command."""
    charger = context.charger(answer.charger_id)
    context.add(
        CommandAnswered(charger_id=charger.id, command_id=answer.command_id, status=answer.status, detail=answer.detail)
    )
