"""Transactions that began without a permit: with a card that the charger knows, or one that was refused.

Such a start is a fact, and counted. It gets no current until `sites` agrees to it like to a card that is presented; a
car whose outlet it is may so charge with a card that the charger has in its cache. Where `sites` does not agree, or
there is no room, the transaction is held to 0 A and asked to stop, and people are alarmed.
"""

from __future__ import annotations

from domain.load_control.context import KernelContext
from domain.load_control.ledger import Charger, Transaction
from domain.load_control.ownership import connected_gateway
from domain.load_control.remote_stop import request_stop
from domain.records.load import PermitSought
from domain.records.observations import TransactionStart
from domain.records.sites import StartDenied

ALARM = "start_not_permitted"


def seek_permit(context: KernelContext, outlet: str, transaction_id: str, report: TransactionStart) -> None:
    """Ask `sites` whether the transaction may go on."""
    context.add(
        PermitSought(
            charger_id=outlet,
            transaction_id=transaction_id,
            token_ref=report.token_ref,
            vehicle_id=report.vehicle_id,
            card=report.card,
        )
    )


def denied(context: KernelContext, event: StartDenied) -> None:
    """`sites` does not agree. The denial of a card that is only presented concerns no transaction."""
    charger = context.ledger.chargers.get(event.charger_id)
    if charger is not None and charger.transaction is not None and not charger.transaction.may_charge:
        stop(context, charger, charger.transaction, event.reason)


def stop(context: KernelContext, charger: Charger, transaction: Transaction, reason: str) -> None:
    """Ask the transaction to stop, and alarm people."""
    detail = f"a transaction began that is not permitted: {reason}. It is held to 0 A and asked to stop"
    context.alarm(ALARM, charger.id, detail)
    request_stop(context, charger, transaction, ALARM, connected_gateway(charger))
