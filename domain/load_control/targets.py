"""The targets of `sites`, which the kernel follows as far as there is room."""

from __future__ import annotations

from domain.load_control.context import KernelContext
from domain.records.load import TargetsKnown
from domain.records.sites import ScheduleChanged, TargetsRenewed


def follow(context: KernelContext, event: ScheduleChanged | TargetsRenewed) -> None:
    """Follow targets that changed, the first to be served first, or the known ones for longer."""
    targets = event.targets if isinstance(event, ScheduleChanged) else ()
    context.add(TargetsKnown(targets=targets, valid_until_ms=event.valid_until_ms))
