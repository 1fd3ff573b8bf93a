"""The capacity of a site, as `load` publishes it: the limits in force, and the loads that targets can't lower."""

from __future__ import annotations

from domain.records.load import CapacityChanged
from domain.records.sites import CapacityKnown
from domain.site.context import SiteContext


def change(context: SiteContext, event: CapacityChanged) -> None:
    """Plan the targets again, at once, with the new capacity."""
    context.add(CapacityKnown(limits=event.limits, fixed=event.fixed))
    context.urgent = True
