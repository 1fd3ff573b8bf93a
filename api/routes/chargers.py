"""Chargers: registered, commissioned, commanded."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api import shapes
from api.access import known_site, may
from api.answers import Answer
from api.call import NOT_YET, Asked, Call, Calling
from api.finding import found
from api.problems import Problem
from api.routes.paths import V1, PathId
from commands.commission_charger import CommissionRequest
from commands.log.topics import stream
from commands.quantities import rfc3339
from commands.register_charger import ChargerRequest
from commands.request_command import ChargerCommandRequest
from domain.records.load import ChargerAdded, CommandRequested, CommissioningOpened
from projections import chargers

router = APIRouter(prefix=f"{V1}/chargers", tags=["chargers"])


@router.post(
    "", status_code=201, response_model=shapes.NewCharger, responses=NOT_YET, dependencies=[may("charger.register")]
)
async def register(call: Calling, body: ChargerRequest) -> Response:
    """Register a charger; the answer holds its OCPP password, this once."""
    await _check_place(call, body)

    async def act(asked: Asked) -> Answer:
        done = await call.decide(asked, body.stream(), body.command(), ChargerAdded, field_names=body.field_names)
        password = await call.context.vault.charger_passwords.draw(body.id, replace=done is not None)
        if password is None:
            raise Problem(409, "this id is taken", field="id")
        answer = {"id": body.id, "ocpp_id": body.id, "password": password}
        return Answer(201 if done else 202, answer, {"Location": f"{call.path}/{body.id}"})

    return await call.once(body, act)


async def _check_place(call: Call, body: ChargerRequest) -> None:
    """A wrong site or node is told before the id is used up; the rules check it again."""
    site = await known_site(call.context, body.site_id, status=422)
    if all(node["id"] != body.node for node in site["tree"]):
        raise Problem(422, "the site has no such node", field="node")


@router.post(
    "/{charger_id}/commission",
    status_code=202,
    response_model=shapes.Commissioning,
    dependencies=[may("charger.command")],
)
async def commission(call: Calling, charger_id: PathId, body: CommissionRequest) -> Response:
    """Open the time in which a charger proves on a test load that it obeys."""
    load = await _load_stream(call, charger_id)

    async def act(asked: Asked) -> Answer:
        command = body.command(charger_id, asked.now_ms)
        done = await call.decide(asked, load, command, CommissioningOpened, field_names=body.field_names)
        answer = {"charger_id": charger_id, "expires_at": rfc3339(command.expires_ms)}
        return Answer(202, answer, final=done is not None)

    return await call.once(body, act)


@router.post(
    "/{charger_id}/commands", status_code=202, response_model=shapes.Command, dependencies=[may("charger.command")]
)
async def command(call: Calling, charger_id: PathId, body: ChargerCommandRequest) -> Response:
    """Send a one-shot command, before it expires or not at all."""
    load = await _load_stream(call, charger_id)

    async def act(asked: Asked) -> Answer:
        wanted = body.command(asked.id, charger_id, asked.now_ms)
        done = await call.decide(asked, load, wanted, CommandRequested, field_names=body.field_names)
        return Answer(202, {"command_id": asked.id}, final=done is not None)

    return await call.once(body, act)


async def _load_stream(call: Call, charger_id: str) -> str:
    """The stream that decides for a charger, or a 404."""
    row = await found(call.context, lambda connection: chargers.find(connection, charger_id))
    if row is None:
        raise Problem(404, "there is no such charger", field="charger_id")
    return stream("load", row["site_id"])
