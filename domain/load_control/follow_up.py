"""The rules of the kernel that every change may call for, in their order."""

from __future__ import annotations

from domain.load_control import (
    capacity,
    confirmations,
    cutting,
    failsafe,
    leases,
    lost_stops,
    outages,
    permits,
    statuses,
    trust,
)
from domain.load_control.context import KernelContext
from domain.load_control.make_before_break import lower, raise_limits


def follow_up(context: KernelContext) -> None:
    """Decreases come first, so that what follows sees them."""
    lost_stops.end_lost(context)
    lower(context)
    failsafe.follow_plan(context)
    cutting.record_overload(context)
    cutting.cut(context)
    permits.permit_waiting(context)
    raise_limits(context)
    failsafe.follow_plan(context)
    confirmations.request_overdue(context)
    statuses.request_doubtful(context)
    leases.renew(context)
    capacity.publish(context)
    capacity.raise_alarms(context)
    trust.end_with_transaction(context)
    outages.watch(context)
