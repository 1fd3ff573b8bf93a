"""The FastAPI application."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from api import openapi, problems
from api.call import AlreadyAnswered, repeat_answer
from api.context import Context
from api.log_in_attempts import LogInAttempts
from api.middleware import Authenticated, BodyLimited, Measured
from api.operations.metrics import Metrics
from api.operations.operation import Parked
from api.routes import (
    cards,
    chargers,
    enterprises,
    events,
    health,
    integration_keys,
    login,
    notifications,
    outlets,
    priority_audit,
    proofs,
    sessions,
    sites,
    telemetry,
    urgent_reviews,
    users,
    vehicles,
)
from api.tracing import Traced
from api.web import site as site_page
from api.web.driver import actions as driver_actions
from api.web.operator import actions as operator_actions
from api.web.operator import charger as charger_page
from api.web.shared import assets, log_in
from commands.ports.tracing import UNTRACED, Tracer

DESCRIPTION = """Coordinates EV charging across community hubs.

A quantity is in the unit that its field's name ends with; a charge level (`soc`) is in %. Times are RFC 3339 with an
offset. Limits are rounded down and loads are rounded up, to whole mA and W; all other quantities are rounded to the
nearest. Errors are problem details (RFC 9457). A POST with an `Idempotency-Key` has its effect once, however often it
is sent within 24 hours.
"""
RESOURCES = (
    login,
    users,
    notifications,
    enterprises,
    integration_keys,
    sites,
    chargers,
    outlets,
    vehicles,
    cards,
    telemetry,
    sessions,
    urgent_reviews,
    priority_audit,
    events,
    proofs,
    health,
)
PAGES = (log_in, site_page, driver_actions, operator_actions, charger_page, assets)


class App(FastAPI):
    """The routes of all resources, and the document that describes them."""

    def __init__(self, version: str) -> None:
        super().__init__(
            title="Commonwatt",
            version=version,
            description=DESCRIPTION,
            redirect_slashes=False,
            generate_unique_id_function=openapi.operation_id,
        )
        for resource in RESOURCES:
            self.include_router(resource.router)

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document; it needs no platform."""
        if self.openapi_schema is None:
            self.openapi_schema = openapi.completed(super().openapi())
        return self.openapi_schema


def create_app(context: Context, version: str = "0", tracer: Tracer = UNTRACED) -> FastAPI:
    """The API and its pages over `context`, whose `outcomes` and `live` must be running."""
    app = App(version)
    app.state.context = context
    app.state.metrics = Metrics()
    app.state.log_in_attempts = LogInAttempts()
    app.state.parked = Parked(context.log)
    for part in PAGES:
        app.include_router(part.router)
    problems.add_handlers(app)
    problems.on_error(app, AlreadyAnswered, repeat_answer)
    # The one that is added last is the outermost.
    app.add_middleware(BodyLimited)
    app.add_middleware(Authenticated, context=context)
    app.add_middleware(Measured, metrics=app.state.metrics)
    if tracer is not UNTRACED:
        app.add_middleware(Traced, tracer=tracer)
    return app
