"""Quotas: how often the vehicles of an enterprise, or of an account, may have priority in a sliding window."""

from __future__ import annotations

from collections.abc import Mapping

from domain.records.registry import EnterpriseApproved, EnterpriseKind, EnterpriseSuspended
from domain.records.vehicles import (
    HolderApproved,
    HolderSuspended,
    PriorityClaimed,
    PriorityRevoked,
    QuotaRefused,
    QuotaUsed,
)
from domain.site.session import EMERGENCY, VERIFIED
from domain.vehicle.context import VehicleContext
from domain.vehicle.quota_holder import ENTERPRISE_WINDOW_MS

RULE = "priority.quota.v1"
TIERS: Mapping[EnterpriseKind, int] = {"emergency": EMERGENCY, "fleet": VERIFIED}
NOT_APPROVED = "the enterprise is not approved"


def approve(context: VehicleContext, event: EnterpriseApproved) -> None:
    """The vehicles of the enterprise may have priority, as often in 24 hours as its approval allows."""
    context.add(HolderApproved(holder=context.holder.id, tier=TIERS[event.kind], limit=event.daily_grants))


def suspend(context: VehicleContext, event: EnterpriseSuspended) -> None:
    """The grants of its vehicles end. A vehicle ignores the end of a grant that is over already."""
    uses = context.holder.uses_in_window(context.now_ms)
    context.add(HolderSuspended(holder=context.holder.id))
    for claim, use in uses.items():
        reason = "the enterprise was suspended"
        context.add(PriorityRevoked(claim_id=claim, vehicle_id=use.vehicle_id, reason=reason))


def answer(context: VehicleContext, claim: PriorityClaimed) -> None:
    """Whether there is room for a claim. One that had room in this window has it again, and counts once."""
    holder = context.holder
    used = len(holder.uses_in_window(context.now_ms).keys() - {claim.claim_id})
    if holder.tier is None:
        return _refuse(context, claim, used, NOT_APPROVED)
    if used >= holder.limit:
        days = holder.window_ms // ENTERPRISE_WINDOW_MS
        window = "24 hours" if days == 1 else f"{days} days"
        return _refuse(context, claim, used, f"{used} of {holder.limit} grants in {window} are used")
    return context.add(
        QuotaUsed(
            claim_id=claim.claim_id,
            vehicle_id=claim.vehicle_id,
            tier=holder.tier,
            used=used + 1,
            limit=holder.limit,
            rule=RULE,
            reason="the quota has room",
        )
    )


def _refuse(context: VehicleContext, claim: PriorityClaimed, used: int, reason: str) -> None:
    context.add(
        QuotaRefused(
            claim_id=claim.claim_id,
            vehicle_id=claim.vehicle_id,
            used=used,
            limit=context.holder.limit,
            rule=RULE,
            reason=reason,
        )
    )
