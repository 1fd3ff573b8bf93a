"""Vehicles: registered with what only the vault may know of them."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api import shapes, views
from api.access import Caller, check, known_enterprise, known_vehicle, may
from api.answers import Answer, Json
from api.call import NOT_YET, Asked, Call, Calling
from api.context import Context, Given
from api.finding import found
from api.problems import Problem, Rejected
from api.routes.paths import V1, PathId
from commands.ports.log import LogError
from commands.register_vehicle import VehicleRequest
from domain.records.registry import VehicleRegistered
from domain.registry.access import Belongs, Principal
from projections import accounts, vehicles

router = APIRouter(prefix=f"{V1}/vehicles", tags=["vehicles"])


@router.post("", status_code=201, response_model=shapes.Named, responses=NOT_YET)
async def register(call: Calling, body: VehicleRequest) -> Response:
    """Register a vehicle; VIN and token never leave the vault.

    A driver registers her own, an administrator those of her enterprise: they need not say so.
    """
    body = _of_caller(call.principal, body)
    await _check_owners(call.context, body)

    async def act(asked: Asked) -> Answer:
        left_over = await _left_over(call.context, body.vin)
        vehicle_id = left_over or asked.id
        await call.context.vault.vehicles.add(vehicle_id, body.vin, body.token)
        try:
            done = await _decide(call, asked, vehicle_id, body)
        except (Rejected, LogError):
            # An earlier attempt under the same key may have been decided, and only its answer lost.
            if left_over is None and not await _is_registered(call.context, vehicle_id):
                await call.context.vault.vehicles.forget(vehicle_id)
            raise
        answer = {"id": vehicle_id}
        if not done:
            return Answer(202, answer, final=False)
        return Answer(201, answer, {"Location": f"{call.path}/{vehicle_id}"})

    return await call.once(body, act)


@router.get("", response_model=shapes.Vehicles, dependencies=[may("vehicle.list")])
async def every(context: Given, caller: Caller) -> Response:
    """The vehicles that the caller may see."""
    rows = await context.database.read(lambda connection: vehicles.seen_by(connection, caller))
    vins = await context.vault.vehicles.vins(row["id"] for row in rows)
    return Json({"vehicles": [views.vehicle(row, vins.get(row["id"])) for row in rows]})


@router.get("/{vehicle_id}", response_model=shapes.Vehicle, dependencies=[may("vehicle.see")])
async def one(context: Given, vehicle_id: PathId) -> Response:
    """A vehicle, by our id or its VIN."""
    row = await known_vehicle(context, vehicle_id, status=404)
    vins = await context.vault.vehicles.vins([row["id"]])
    return Json(views.vehicle(row, vins.get(row["id"])))


def _of_caller(principal: Principal, body: VehicleRequest) -> VehicleRequest:
    """The request with what goes without saying. Raises a 403 problem for what the caller may not say."""
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
    if owner is not None and await found(context, lambda read: accounts.find(read, owner)) is None:
        raise Problem(422, "there is no such user", field="owner_user_id")
    if enterprise is not None:
        await known_enterprise(context, enterprise, status=422)


async def _decide(call: Call, asked: Asked, vehicle_id: str, body: VehicleRequest) -> bool:
    command = body.command(vehicle_id)
    done = await call.decide(asked, body.stream(vehicle_id), command, VehicleRegistered, field_names=body.field_names)
    return done is not None


async def _left_over(context: Context, vin: str) -> str | None:
    """The id under which a VIN was kept by a registration that was cut short: it is taken up again."""
    owner = await context.vault.vehicles.with_vin(vin)
    return None if owner is None or await _is_registered(context, owner) else owner


async def _is_registered(context: Context, vehicle_id: str) -> bool:
    return await found(context, lambda connection: vehicles.find(connection, vehicle_id)) is not None
