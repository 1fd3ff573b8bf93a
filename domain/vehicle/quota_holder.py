"""A holder of a quota for priority, by its own events: an enterprise or an account."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from domain.records import Payload
from domain.records.vehicles import HolderApproved, HolderSuspended, QuotaUsed
from domain.site.session import VERIFIED

ENTERPRISE_WINDOW_MS = 24 * 3_600_000
ACCOUNT_WINDOW_MS = 7 * 24 * 3_600_000
ACCOUNT_GRANTS = 2
"""How often the rule grants an account's urgent reviews in its window."""


@dataclass(frozen=True, slots=True)
class Use:
    """A claim that had room, and when last: a renewal moves it, so that no window ever holds more than the quota."""

    vehicle_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class QuotaHolder:
    """`tier` None: it may not have priority (no longer, or not yet)."""

    id: str
    window_ms: int
    tier: int | None = None
    limit: int = 0
    uses: dict[str, Use] = field(default_factory=dict)

    def uses_in_window(self, now_ms: int) -> dict[str, Use]:
        return {claim: use for claim, use in self.uses.items() if now_ms - use.at_ms < self.window_ms}


def initial_holder(holder_id: str) -> QuotaHolder:
    """A holder that has seen nothing. An account needs no approval."""
    if holder_id.startswith("account:"):
        return QuotaHolder(holder_id, ACCOUNT_WINDOW_MS, VERIFIED, ACCOUNT_GRANTS)
    return QuotaHolder(holder_id, ENTERPRISE_WINDOW_MS)


def evolve(holder: QuotaHolder, event: Payload, time_ms: int) -> QuotaHolder:
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
