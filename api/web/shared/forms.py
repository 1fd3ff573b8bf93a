"""Forms: each is one request to the REST API, with an idempotency key of the form's own."""

from __future__ import annotations

import math
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Form, Request
from starlette.responses import RedirectResponse, Response

from api.web.shared.page_route import is_partial
from api.web.shared.panel import Panel
from api.web.shared.render import page
from api.web.shared.rest import Document, Refused, Rest
from domain.registry.access import Principal

Key = Annotated[str, Form(min_length=1, max_length=100)]
Text = Annotated[str, Form(max_length=500)]
UNSENT: dict[str, Any] = {"outcome": None, "errors": {}, "entered": {}}
"""The values of a form that was not sent yet."""


async def send_form(
    request: Request, site_id: str, template: str, path: str, body: Document, key: str, entered: Document, **values: Any
) -> Response:
    """Post a form to the API, and render it again: with the outcome, or with what was entered and the errors."""
    outcome, errors, status = None, {}, 200
    try:
        outcome, entered = await Rest(request).post(path, body, key=key), {}
    except Refused as refused:
        errors, status = refused.errors or {"": refused.detail}, refused.status
    if outcome and not is_partial(request):
        return _to_site(site_id)
    values |= {"site_id": site_id, "key": str(uuid4()), "outcome": outcome, "errors": errors, "entered": entered}
    return page(request, template, status, **values)


async def send_action(
    request: Request,
    principal: Principal,
    panel: Panel,
    site_id: str,
    path: str,
    key: str,
    body: Document | None = None,
) -> Response:
    """Post an action of a panel to the API, and render the panel again: with the outcome or the problem."""
    rest = Rest(request)
    outcome, problem = None, None
    try:
        outcome = await rest.post(path, body, key=key)
    except Refused as refused:
        problem = refused.detail
    if not is_partial(request):
        return _to_site(site_id)
    values = await panel.values(rest, site_id, principal)
    values |= {"site_id": site_id, "key": str(uuid4()), "outcome": outcome, "problem": problem}
    return page(request, panel.template, **values)


def number(text: str) -> float | str:
    """The number that was entered. Text that is no number is passed on: the API's error names the field."""
    try:
        value = float(text)
    except ValueError:
        return text
    return value if math.isfinite(value) else text


def _to_site(site_id: str) -> Response:
    return RedirectResponse(f"/sites/{site_id}", 303)
