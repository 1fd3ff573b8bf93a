"""Requests that a transaction stops: at most one for each rule that asks for it."""

from __future__ import annotations

from domain.load_control.context import KernelContext
from domain.load_control.ledger import Charger, Transaction
from domain.load_control.parameters import PROMISE_MS
from domain.records import derived_id
from domain.records.load import CommandRequested


def request_stop(
    context: KernelContext, charger: Charger, transaction: Transaction, rule: str, gateway_id: str = ""
) -> None:
    """Request a remote stop for the sake of `rule`. Without `gateway_id` the gateway of the next socket may send it."""
    context.add(
        CommandRequested(
            command_id=derived_id(charger.id, rule, transaction.id),
            charger_id=charger.id,
            action="remote_stop",
            arguments={"transaction_id": str(transaction.id)},
            expires_ms=context.now_ms + PROMISE_MS,
            gateway_id=gateway_id,
        )
    )
