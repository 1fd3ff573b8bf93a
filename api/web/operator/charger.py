"""The page of a charger's outlet: its state in words, what it did, and what an operator can do about it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple
from uuid import uuid4

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from api.context import CurrentContext
from api.routes.paths import OutletId, PathId
from api.web.shared.forms import Key, Text
from api.web.shared.page_route import LoggedIn, PageRoute, is_partial
from api.web.shared.render import page
from api.web.shared.rest import Document, Refused, Rest

router = APIRouter(prefix="/sites/{site_id}/chargers/{charger_id}", route_class=PageRoute, include_in_schema=False)
PAGE, PANEL = "operator/charger.html", "operator/charger_panel.html"
COMMAND_S = 60
NOT_YET = "It is stored, but not decided yet"
LeverName = Literal["close-transaction", "end-session", "release", "trust-again", "reset", "unlock"]


class Lever(NamedTuple):
    """A lever of an outlet: its button, and what follows from it."""

    name: LeverName
    button: str
    effect: str


CLOSE = Lever(
    "close-transaction",
    "Close the transaction",
    "Where no car is charging any more. Its energy is that of the last reading; its current counts until 0 A is seen.",
)
END = Lever("end-session", "End the session", "The car gets no more current, and somebody else can have the outlet.")
RELEASE_HELD = Lever("release", "Release the outlet", "The session that it is held for waits again, at its place.")
RELEASE_OCCUPIED = Lever("release", "Release the outlet", "The car that stayed after its session has gone.")
TRUST = Lever(
    "trust-again",
    "Let it prove itself anew",
    "It gets current again, and counts at its maximum until it has followed a lower limit.",
)
RESET = Lever("reset", "Reset the charger", "It boots; where a car charges it begins anew.")
UNLOCK = Lever("unlock", "Unlock the connector", "The cable comes loose; a transaction ends.")


def levers_of(charger: Document) -> list[Lever]:
    """The levers that make sense in the present state of an outlet."""
    levers = []
    if charger["transaction_id"] is not None:
        levers.append(CLOSE)
    if charger["session_state"] in ("offered", "assigned"):
        levers += [RELEASE_HELD, END]
    elif charger["session_state"] in ("charging", "paused"):
        levers.append(END)
    elif charger["session_id"] is not None:
        levers.append(RELEASE_OCCUPIED)
    if charger["exceeds"] is not None:
        levers.append(TRUST)
    return [*levers, RESET, UNLOCK]


@router.get("")
async def charger(
    request: Request, context: CurrentContext, principal: LoggedIn, site_id: PathId, charger_id: OutletId
) -> Response:
    """The whole page, or its panel where htmx requests it."""
    mark = context.live.mark()  # taken first: a change while the page is rendered is then sent again
    values = await _values(request, site_id, charger_id)
    return page(request, PANEL if is_partial(request) else PAGE, **values, mark=mark, problem=None, outcome=None)


@router.post("")
async def pull(
    request: Request,
    context: CurrentContext,
    principal: LoggedIn,
    site_id: PathId,
    charger_id: OutletId,
    key: Key,
    lever: Annotated[LeverName, Form()],
    reason: Text = "",
    transaction_id: Annotated[str | None, Form()] = None,
    session_id: Annotated[str | None, Form(max_length=100)] = None,
    connector_id: Annotated[int, Form()] = 1,
) -> Response:
    """Pull a lever, and show the page again: with the outcome or the problem. Each lever has a key of its own."""
    mark = context.live.mark()
    outcome, problem, status = None, None, 200
    particulars: dict[LeverName, Document] = {
        "close-transaction": {"transaction_id": transaction_id},
        "end-session": {"session_id": session_id},
        "reset": {"action": "reset", "arguments": {"type": "Soft"}, "expires_s": COMMAND_S},
        "unlock": {"action": "unlock", "arguments": {"connector_id": str(connector_id)}, "expires_s": COMMAND_S},
    }
    body = {"reason": reason} | particulars.get(lever, {})
    path = f"/chargers/{charger_id}/{'commands' if lever in ('reset', 'unlock') else lever}"
    try:
        answer = await Rest(request).post(path, body, key=f"{key}-{lever}")
        outcome = answer.get("outcome") or ("The command is on its way" if "command_id" in answer else NOT_YET)
    except Refused as refused:
        problem, status = refused.detail, refused.status
    if not is_partial(request) and problem is None:
        return RedirectResponse(f"/sites/{site_id}/chargers/{charger_id}", 303)
    values = await _values(request, site_id, charger_id)
    template = PANEL if is_partial(request) else PAGE
    return page(request, template, status, **values, mark=mark, problem=problem, outcome=outcome)


async def _values(request: Request, site_id: str, charger_id: str) -> dict[str, Any]:
    charger = await Rest(request).get(f"/chargers/{charger_id}")
    if charger["site_id"] != site_id:
        raise HTTPException(404, "there is no such charger at this site")
    return {"site_id": site_id, "charger": charger, "levers": levers_of(charger), "key": str(uuid4())}
