"""One-shot commands to chargers."""

from __future__ import annotations

from domain.electrical.outlet_id import WHOLE, charger_of, evse_of
from domain.errors import DomainError
from domain.load_control import permits
from domain.load_control.context import KernelContext
from domain.load_control.ledger import Charger
from domain.load_control.ownership import connected_gateway
from domain.records.load import CommandAnswered, CommandRequested, RequestCommand
from domain.records.observations import CommandAnswer

RULE = "load_control.command.v1"
OF_OUTLETS = ("remote_start", "unlock")
"""The commands that concern one outlet, not the charger as a whole."""


def request(context: KernelContext, asked: RequestCommand) -> None:
    """Pass a one-shot command on. A remote start needs room like any other start, and gets its permit here.

    Raises `DomainError` where it has expired, or can't start.
    """
    charger = _outlet(context, asked)
    if asked.expires_ms <= context.now_ms:
        raise DomainError("lies in the past", field="expires_ms", rule=RULE)
    if asked.action == "remote_start":
        if charger.transactions:
            raise DomainError("the charger is in use", field="charger_id", rule=RULE)
        if not permits.permit_now(context, charger, asked.command_id):
            reason = permits.objection(charger) or "there is no room for a start now"
            raise DomainError(reason, field="charger_id", rule=RULE)
    described = asked.__dict__ | {"charger_id": charger.id, "arguments": _arguments(charger, asked)}
    context.add(CommandRequested(**described, gateway_id=connected_gateway(charger)))


def _outlet(context: KernelContext, asked: RequestCommand) -> Charger:
    """The outlet that was named, by its id or as a connector of its charger; else the first of its charger."""
    evse_id = asked.arguments.get("connector_id", "")
    if asked.charger_id not in context.ledger.chargers and evse_id.isdecimal() and int(evse_id) != WHOLE:
        return context.outlet(asked.charger_id, int(evse_id))
    if asked.action in OF_OUTLETS:
        return context.charger(asked.charger_id)
    return context.ledger.chargers.get(asked.charger_id) or context.outlets(asked.charger_id)[0]


def _arguments(charger: Charger, asked: RequestCommand) -> dict[str, str]:
    """The arguments, with the connector of an outlet that is one of several."""
    if asked.action not in OF_OUTLETS or charger.id == charger_of(charger.id):
        return asked.arguments
    return {"connector_id": str(evse_of(charger.id))} | asked.arguments


def answered(context: KernelContext, answer: CommandAnswer) -> None:
    """Record the answer to a command."""
    charger = context.charger(answer.charger_id)
    context.add(
        CommandAnswered(charger_id=charger.id, command_id=answer.command_id, status=answer.status, detail=answer.detail)
    )
