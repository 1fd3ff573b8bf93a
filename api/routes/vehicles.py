"""Vehicles: register and list."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.access import CurrentPrincipal, check, known_enterprise, known_vehicle, may
from api.answers import Json
from api.call import NOT_YET, CurrentCall
from api.context import Context, CurrentContext
from api.lookup import find
from api.problems import Problem, Rejected
from api.routes.paths import V1, PathId
from api.shapes.shape import Named
from api.shapes.vehicles import Vehicle, Vehicles
from api.views.vehicles import vehicle_view
from commands.ports.log import LogError
from commands.register_vehicle import VehicleRequest
from domain.records.registry import VehicleRegistered
from domain.registry.access import Belongs, Principal
from projections import accounts, vehicles

router = APIRouter(prefix=f"{V1}/vehicles", tags=["vehicles"])


@router.post("", status_code=201, response_model=Named, responses=NOT_YET)
async def register(call: CurrentCall, body: VehicleRequest) -> Response:
    """Register a vehicle.

    VIN and token are stored in the vault and never in the log. `owner_user_id` is the caller's where a driver leaves
    it out; `enterprise_id` is the caller's where an administrator leaves it out.
    """
    body = _with_defaults(call.principal, body)
    await _check_owners(call.context, body)
    async with call.once(body) as submission:
        left_over = await _left_over(call.context, body.vin)
        vehicle_id = left_over or submission.id
        await call.context.vault.vehicles.add(vehicle_id, body.vin, body.token)
        try:
            outcome = await submission.decide(body.stream(vehicle_id), body.command(vehicle_id), VehicleRegistered)
        except (Rejected, LogError):
            # An earlier attempt under the same key may have been decided, and only its answer lost.
            if left_over is None and not await _is_registered(call.context, vehicle_id):
                await call.context.vault.vehicles.forget(vehicle_id)
            raise
        answer = {"id": vehicle_id}
        if outcome is None:
            return await submission.answer(202, answer, final=False)
        return await submission.answer(201, answer, {"Location": f"{call.path}/{vehicle_id}"})


@router.get("", response_model=Vehicles, dependencies=[may("vehicle.list")])
async def every(context: CurrentContext, caller: CurrentPrincipal) -> Response:
    """List the vehicles that the caller may see."""
    rows = await context.database.read(lambda connection: vehicles.seen_by(connection, caller))
    vins = await context.vault.vehicles.vins(row["id"] for row in rows)
    return Json({"vehicles": [vehicle_view(row, vins.get(row["id"])) for row in rows]})


@router.get("/{vehicle_id}", response_model=Vehicle, dependencies=[may("vehicle.see")])
async def one(context: CurrentContext, vehicle_id: PathId) -> Response:
    """Get a vehicle by its id or VIN."""
    row = await known_vehicle(context, vehicle_id, status=404)
    vins = await context.vault.vehicles.vins([row["id"]])
    return Json(vehicle_view(row, vins.get(row["id"])))


def _with_defaults(principal: Principal, body: VehicleRequest) -> VehicleRequest:
    """The request with the caller's own ids where they are left out. Raises a 403 problem for ids of others."""
    if principal.role == "driver" and body.owner_user_id is None:
        body = body.model_copy(update={"owner_user_id": principal.id})
    if principal.role == "enterprise_admin" and body.enterprise_id is None:
        body = body.model_copy(update={"enterprise_id": principal.enterprise_id})
    check(principal, "vehicle.register", Belongs(body.owner_user_id, body.enterprise_id), "owner_user_id")
    if body.enterprise_id is not None:
        check(principal, "vehicle.enrol", Belongs(enterprise_id=body.enterprise_id), "enterprise_id")
    if body.priority_eligible:
        check(principal, "vehicle.enrol", Belongs(enterprise_id=body.enterprise_id), "priority_eligible")
    return body


async def _check_owners(context: Context, body: VehicleRequest) -> None:
    owner, enterprise = body.owner_user_id, body.enterprise_id
    if owner is not None and await find(context, lambda connection: accounts.find(connection, owner)) is None:
        raise Problem(422, "there is no such user", field="owner_user_id")
    if enterprise is not None:
        await known_enterprise(context, enterprise, status=422)


async def _left_over(context: Context, vin: str) -> str | None:
    """The id of a registration with this VIN that was cut short, if any: this request completes it."""
    owner = await context.vault.vehicles.with_vin(vin)
    return None if owner is None or await _is_registered(context, owner) else owner


async def _is_registered(context: Context, vehicle_id: str) -> bool:
    return await find(context, lambda connection: vehicles.find(connection, vehicle_id)) is not None
