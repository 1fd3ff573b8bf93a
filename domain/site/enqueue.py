"""Which requests join the queue of a site, and which it refuses."""

from __future__ import annotations

from domain.records.sites import SessionQueued, SessionRefused
from domain.records.vehicles import SessionRequested
from domain.site.context import SiteContext

KNOWN_TO_VEHICLES = frozenset({"level_permille", "site_zone"})
"""Fields of a request that are no concern of the site."""


def enqueue(context: SiteContext, request: SessionRequested) -> None:
    """Add a session to the queue, or refuse it with the reason."""
    reason = _objection(context, request)
    if reason is not None:
        context.add(SessionRefused(session_id=request.session_id, vehicle_id=request.vehicle_id, reason=reason))
        return
    wanted = {name: value for name, value in request.__dict__.items() if name not in KNOWN_TO_VEHICLES}
    context.add(SessionQueued(**wanted, walk_up=False))


def _objection(context: SiteContext, request: SessionRequested) -> str | None:
    if context.site.session_of(request.vehicle_id) is not None:
        return "this vehicle is charging here already"
    if not context.site.chargers:
        return "this site has no chargers"
    return None
