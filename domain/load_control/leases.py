"""The renewal of leases, for all connected chargers of a site at once, when half of the shortest lease is over."""

from __future__ import annotations

from domain.load_control.context import KernelContext
from domain.load_control.ledger import Charger, Ledger
from domain.load_control.parameters import LEASE_MS
from domain.records.load import LimitsRenewed, RenewedLimit


def renew(context: KernelContext) -> None:
    """Renew the leases of all connected chargers. A renewal is the same limit, so nothing counts higher for it."""
    due_ms = renewal_due_ms(context.ledger)
    if due_ms is None or context.now_ms < due_ms:
        return
    context.add(
        LimitsRenewed(
            valid_until_ms=context.now_ms + LEASE_MS,
            limits=tuple(_renewed(charger) for charger in _renewable(context.ledger)),
        )
    )


def renewal_due_ms(ledger: Ledger) -> int | None:
    """When half of the shortest lease is over."""
    ends = [charger.lease.valid_until_ms for charger in _renewable(ledger) if charger.lease]
    return min(ends) - LEASE_MS // 2 if ends else None


def _renewable(ledger: Ledger) -> list[Charger]:
    return [charger for charger in ledger.chargers.values() if charger.connected and charger.lease is not None]


def _renewed(charger: Charger) -> RenewedLimit:
    assert charger.lease is not None
    return RenewedLimit(
        charger_id=charger.id,
        transaction_id=charger.lease.transaction_id,
        limit_ma=charger.lease.limit_ma,
        generation=charger.generation + 1,
    )
