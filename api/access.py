"""Authorization: every route names its action; the ids in its path say what the action is about, and whose that is."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Depends, Request

from api.context import Context, CurrentContext
from api.lookup import find
from api.problems import Problem
from commands.log.topics import stream
from commands.register_vehicle import VIN_PATTERN
from domain.registry.access import ACTIONS, NOBODY, Belongs, Principal, allows
from projections import decisions, enterprises, sessions, sites, vehicles
from projections.projection import Row


class May:
    """The dependency of a route: the principal may do `action` to what the path names.

    Raises a 403 problem otherwise, and a 404 problem where there is no such thing.
    """

    def __init__(self, action: str) -> None:
        if action not in ACTIONS:
            raise KeyError(action)
        self.action = action

    async def __call__(self, request: Request, context: CurrentContext) -> Principal:
        principal: Principal = request.state.principal
        field, thing = await _thing(context, request.path_params)
        check(principal, self.action, thing, field)
        return principal


def may(action: str) -> Any:
    """`May` as a dependency of a route."""
    return Depends(May(action))


def check(principal: Principal, action: str, thing: Belongs = NOBODY, field: str = "") -> None:
    """Raise a 403 problem unless `principal` may; `field`: the field that names the thing."""
    if not allows(principal, action, thing):
        who = "an integration" if principal.role == "integration" else f"a user of role {principal.role}"
        raise Problem(403, f"{who} is not allowed to do this ({action})", field=field)


async def _principal(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


CurrentPrincipal = Annotated[Principal, Depends(_principal)]
"""A route's parameter for the caller."""


async def _thing(context: Context, ids: dict[str, str]) -> tuple[str, Belongs]:
    """The field in the path that names the thing, and whose it is."""
    if "session_id" in ids:
        return "session_id", await belongs_session(context, ids["session_id"])
    if "vehicle_id" in ids:
        return "vehicle_id", vehicles.belongs(await known_vehicle(context, ids["vehicle_id"], status=404))
    if "event_id" in ids:
        return "event_id", await belongs_decision(context, ids["event_id"])
    if "enterprise_id" in ids:
        return "enterprise_id", Belongs(enterprise_id=ids["enterprise_id"])
    return "", NOBODY


async def known_vehicle(context: Context, given: str, *, status: int = 422) -> Row:
    """The vehicle with this id or VIN. Raises a problem that does not repeat what was given: it may be a VIN."""
    vehicle_id = await context.vault.vehicles.with_vin(given) if re.fullmatch(VIN_PATTERN, given) else given
    row = None
    if vehicle_id is not None:
        row = await find(context, lambda connection: vehicles.find(connection, vehicle_id))
    if row is None:
        raise Problem(status, "there is no such vehicle", field="vehicle_id")
    return row


async def known_site(context: Context, site_id: str, *, status: int = 404) -> Row:
    """The site with this id. Raises a problem where there is none."""
    row = await find(context, lambda connection: sites.find(connection, site_id))
    if row is None:
        raise Problem(status, "there is no such site", field="site_id")
    return row


async def known_enterprise(context: Context, enterprise_id: str, *, status: int = 404) -> Row:
    """The enterprise with this id. Raises a problem where there is none."""
    row = await find(context, lambda connection: enterprises.find(connection, enterprise_id))
    if row is None:
        raise Problem(status, "there is no such enterprise", field="enterprise_id")
    return row


async def stream_of_session(context: Context, session_id: str) -> str:
    """The stream of a session's commands: its vehicle's. Raises a problem where there is none."""
    row = await find(context, lambda connection: sessions.find(connection, session_id))
    if row is None:
        raise Problem(404, "there is no such session", field="session_id")
    if row["vehicle_id"] is None:
        what = "a session without a registered vehicle is ended at its charger, and has no priority"
        raise Problem(409, what, field="session_id")
    return stream("vehicles", row["vehicle_id"])


async def own_vehicles(context: Context, principal: Principal) -> frozenset[str] | None:
    """The vehicles whose sessions the principal may see; None: all."""
    if principal.role == "operator":
        return None
    rows = await context.database.read(lambda connection: vehicles.seen_by(connection, principal))
    return frozenset(row["id"] for row in rows)


async def belongs_session(context: Context, session_id: str) -> Belongs:
    """Whose a session is: its vehicle's owner's. A rejected one, or a walk-up's, is nobody's."""
    row = await find(context, lambda connection: sessions.find(connection, session_id))
    if row is None or row["vehicle_id"] is None:
        return NOBODY
    vehicle_id = row["vehicle_id"]
    owner = await context.database.read(lambda connection: vehicles.find(connection, vehicle_id))
    return NOBODY if owner is None else vehicles.belongs(owner)


async def belongs_decision(context: Context, event_id: str) -> Belongs:
    """Whose a decision is: whose its stream is. An event that holds none is nobody's."""
    row = await find(context, lambda connection: decisions.find(connection, event_id))
    return NOBODY if row is None else await belongs_stream(context, row["stream"])


async def belongs_stream(context: Context, stream: str | None) -> Belongs:
    """Whose a stream of events is: a vehicle's owner may read it; all others are for operators."""
    processor, _, key = (stream or "").partition(":")
    if processor != "vehicles":
        return NOBODY
    owner = await context.database.read(lambda connection: vehicles.find(connection, key))
    return NOBODY if owner is None else vehicles.belongs(owner)
