"""The FastAPI application."""

from __future__ import annotations

from fastapi import FastAPI

from api import problems
from api.context import Context
from api.metrics import Metrics
from api.middleware import Authenticated, BodyLimited, Measured
from api.routes import (
    chargers,
    enterprises,
    events,
    health,
    integration_keys,
    login,
    priority_audit,
    sessions,
    sites,
    telemetry,
    urgent_reviews,
    users,
    vehicles,
)
from api.web import actions, assets, pages

DESCRIPTION = """Coordinates EV charging across community hubs.

Quantities are in the unit that a field's name ends with; times are RFC 3339 with an offset. Limits are rounded down and
loads up to whole mA and W, all else to the nearest. Errors are problem details (RFC 9457). A POST with an
`Idempotency-Key` has its effect once, however often it is sent within 24 hours.
"""
RESOURCES = (
    login,
    users,
    enterprises,
    integration_keys,
    sites,
    chargers,
    vehicles,
    telemetry,
    sessions,
    urgent_reviews,
    priority_audit,
    events,
    health,
)


def create_app(context: Context) -> FastAPI:
    """The API over `context`, whose projector and outcomes must be running."""
    app = FastAPI(title="Commonwatt", version="1", description=DESCRIPTION, redirect_slashes=False)
    app.state.context = context
    app.state.metrics = Metrics()
    for resource in RESOURCES:
        app.include_router(resource.router)
    for part in (pages, actions, assets):
        app.include_router(part.router)
    problems.add_handlers(app)
    # The last one added comes first.
    app.add_middleware(BodyLimited)
    app.add_middleware(Authenticated, context=context)
    app.add_middleware(Measured, metrics=app.state.metrics)
    return app
