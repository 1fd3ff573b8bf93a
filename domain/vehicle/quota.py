"""Quotas: how often the vehicles of an enterprise, or of an account, may have priority in a sliding window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.records import Payload
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

RULE = "priority.quota.v1"
ENTERPRISE_WINDOW_MS = 24 * 3_600_000
ACCOUNT_WINDOW_MS = 7 * 24 * 3_600_000
ACCOUNT_GRANTS = 2
"""How often the rule grants an account's urgent reviews in its window."""
TIERS: Mapping[EnterpriseKind, int] = {"emergency": EMERGENCY, "fleet": VERIFIED}
NOT_APPROVED = "the enterprise is not approved"


@dataclass(frozen=True, slots=True)
class Use:
    """A claim that had room, and when last: a renewal moves it, so that no window ever holds more than the quota."""

    vehicle_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Holder:
    """The fold of a holder's own events. `tier` None: it may not have priority (no longer, or not yet)."""

    id: str
    window_ms: int
    tier: int | None = None
    limit: int = 0
    uses: dict[str, Use] = field(default_factory=dict)

    def uses_in_window(self, now_ms: int) -> dict[str, Use]:
        return {claim: use for claim, use in self.uses.items() if now_ms - use.at_ms < self.window_ms}


def holder(holder_id: str) -> Holder:
    """A holder that has seen nothing. An account needs no approval."""
    if holder_id.startswith("account:"):
        return Holder(holder_id, ACCOUNT_WINDOW_MS, VERIFIED, ACCOUNT_GRANTS)
    return Holder(holder_id, ENTERPRISE_WINDOW_MS)


def evolve(holder: Holder, event: Payload, time_ms: int) -> Holder:
    """The holder after one of its own events."""
    match event:
        case HolderApproved():
            return replace(holder, tier=event.tier, limit=event.limit)
        case HolderSuspended():
            return replace(holder, tier=None, limit=0)
        case QuotaUsed():
            use = Use(event.vehicle_id, time_ms)
            return replace(holder, uses=holder.uses_in_window(time_ms) | {event.claim_id: use})
    return holder


def approve(holder: Holder, told: EnterpriseApproved) -> Sequence[Payload]:
    return [HolderApproved(holder=holder.id, tier=TIERS[told.kind], limit=told.daily_grants)]


def suspend(holder: Holder, told: EnterpriseSuspended, now_ms: int) -> Sequence[Payload]:
    """What its vehicles hold ends. A grant that is over already is passed over by its vehicle."""
    revoked = [
        PriorityRevoked(claim_id=claim, vehicle_id=use.vehicle_id, reason="the enterprise was suspended")
        for claim, use in holder.uses_in_window(now_ms).items()
    ]
    return [HolderSuspended(holder=holder.id), *revoked]


def answer(holder: Holder, claim: PriorityClaimed, now_ms: int) -> QuotaUsed | QuotaRefused:
    """Whether there is room for a claim. One that had room in this window has it again, and counts once."""
    others = holder.uses_in_window(now_ms).keys() - {claim.claim_id}
    if holder.tier is None:
        return _refuse(holder, claim, len(others), NOT_APPROVED)
    if len(others) >= holder.limit:
        days = holder.window_ms // ENTERPRISE_WINDOW_MS
        window = "24 hours" if days == 1 else f"{days} days"
        return _refuse(holder, claim, len(others), f"{len(others)} of {holder.limit} grants in {window} are used")
    return QuotaUsed(
        claim_id=claim.claim_id,
        vehicle_id=claim.vehicle_id,
        tier=holder.tier,
        used=len(others) + 1,
        limit=holder.limit,
        rule=RULE,
        reason="the quota has room",
    )


def _refuse(holder: Holder, claim: PriorityClaimed, used: int, reason: str) -> QuotaRefused:
    return QuotaRefused(
        claim_id=claim.claim_id,
        vehicle_id=claim.vehicle_id,
        used=used,
        limit=holder.limit,
        rule=RULE,
        reason=reason,
    )
