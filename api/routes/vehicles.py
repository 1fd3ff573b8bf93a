"""Vehicles: registered with what only the vault may know of them."""

from __future__ import annotations

import re

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import Answer
from api.call import Asked, Call, Calling
from api.context import Context
from api.problems import Rejected
from api.routes.paths import V1
from commands.ports import LogError
from commands.register_vehicle import VIN_PATTERN, VehicleRequest
from domain.records.registry import VehicleRegistered
from projections import vehicles

router = APIRouter(prefix=f"{V1}/vehicles", tags=["vehicles"])


@router.post("", status_code=201)
async def register(call: Calling, body: VehicleRequest) -> Response:
    """Register a vehicle; VIN and token never leave the vault."""

    async def act(asked: Asked) -> Answer:
        left_over = await _left_over(call.context, body.vin)
        vehicle_id = left_over or asked.id
        await call.context.vault.add_vehicle(vehicle_id, body.vin, body.token)
        try:
            done = await _decide(call, asked, vehicle_id, body)
        except (Rejected, LogError):
            if left_over is None:
                await call.context.vault.forget_vehicle(vehicle_id)
            raise
        answer = {"id": vehicle_id}
        if not done:
            return Answer(202, answer, final=False)
        return Answer(201, answer, {"Location": f"{call.path}/{vehicle_id}"})

    return await call.once(body, act)


async def _decide(call: Call, asked: Asked, vehicle_id: str, body: VehicleRequest) -> bool:
    command = body.command(vehicle_id)
    done = await call.decide(asked, body.stream(vehicle_id), command, VehicleRegistered, said_as=body.said_as)
    return done is not None


async def _left_over(context: Context, vin: str) -> str | None:
    """The id under which a VIN was kept by a registration that was cut short: it is taken up again."""
    owner = await context.vault.vehicle_of_vin(vin)
    if owner is None:
        return None
    registered = await context.database.read(lambda connection: vehicles.find(connection, owner))
    return owner if registered is None else None


async def id_of(context: Context, given: str) -> str | None:
    """The id of the registered vehicle with this id or VIN."""
    vehicle_id = await context.vault.vehicle_of_vin(given) if re.fullmatch(VIN_PATTERN, given) else given
    if vehicle_id is None or not await context.database.read(lambda connection: vehicles.find(connection, vehicle_id)):
        return None
    return vehicle_id
