"""Chargers: register, commission, command."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.access import known_site, may
from api.call import NOT_YET, Call, CurrentCall
from api.lookup import find
from api.problems import Problem
from api.routes.paths import V1, OutletId
from api.shapes.chargers import Command, Commissioning, NewCharger
from commands.commission_charger import CommissionRequest
from commands.log.topics import stream
from commands.quantities import rfc3339
from commands.register_charger import ChargerRequest
from commands.request_command import ChargerCommandRequest
from domain.electrical.charger_outlets import outlets_of
from domain.records.load import ChargerAdded, CommandRequested, CommissioningOpened
from projections import chargers

router = APIRouter(prefix=f"{V1}/chargers", tags=["chargers"])


@router.post("", status_code=201, response_model=NewCharger, responses=NOT_YET, dependencies=[may("charger.register")])
async def register(call: CurrentCall, body: ChargerRequest) -> Response:
    """Register a charger.

    The answer holds the password of its OCPP connection, which is not shown again.
    """
    await _check_nodes(call, body)
    ocpp_id = body.ocpp_id or body.id
    await _check_ocpp_id(call, body.id, ocpp_id)
    async with call.once(body) as submission:
        described = body.command()
        outcome = await submission.decide(body.stream(), described, ChargerAdded)
        password = await call.context.vault.charger_passwords.draw(ocpp_id, replace=outcome is not None)
        if password is None:
            raise Problem(409, "this id is taken", field="id")
        answer = {
            "id": body.id,
            "ocpp_id": ocpp_id,
            "outlets": list(outlets_of(described)),
            "password": password,
            "password_text": bytes.fromhex(password).decode(),
        }
        return await submission.answer(201 if outcome else 202, answer, {"Location": f"{call.path}/{body.id}"})


async def _check_nodes(call: Call, body: ChargerRequest) -> None:
    """A wrong site or node is reported before the id is used up; the rules check it again."""
    site = await known_site(call.context, body.site_id, status=422)
    if body.nodes() - {node["id"] for node in site["tree"]}:
        raise Problem(422, "the site has no such node", field="node")


async def _check_ocpp_id(call: Call, charger_id: str, ocpp_id: str) -> None:
    """Raises a 409 problem where another charger connects by this identity."""
    identity = await find(call.context, lambda connection: chargers.identity(connection, ocpp_id))
    if identity is not None and identity.charger_id != charger_id:
        raise Problem(409, "another charger connects by this identity", field="ocpp_id")


@router.post(
    "/{charger_id}/commission",
    status_code=202,
    response_model=Commissioning,
    dependencies=[may("charger.command")],
)
async def commission(call: CurrentCall, charger_id: OutletId, body: CommissionRequest) -> Response:
    """Open a commissioning test.

    Until it ends, the charger can prove on a small test load that it follows its limits.
    """
    load = await _load_stream(call, charger_id)
    async with call.once(body) as submission:
        command = body.command(charger_id, submission.now_ms)
        outcome = await submission.decide(load, command, CommissioningOpened)
        answer = {"charger_id": charger_id, "expires_at": rfc3339(command.expires_ms)}
        return await submission.answer(202, answer, final=outcome is not None)


@router.post("/{charger_id}/commands", status_code=202, response_model=Command, dependencies=[may("charger.command")])
async def command(call: CurrentCall, charger_id: OutletId, body: ChargerCommandRequest) -> Response:
    """Send a command to a charger.

    The command is sent before it expires, or not at all.
    """
    load = await _load_stream(call, charger_id)
    async with call.once(body) as submission:
        if body.reason is not None:
            await call.context.vault.notes.add(submission.id, body.reason)
        body = await _without_token(call, body, submission.now_ms)
        requested = body.command(submission.id, charger_id, submission.now_ms)
        outcome = await submission.decide(load, requested, CommandRequested)
        return await submission.answer(202, {"command_id": submission.id}, final=outcome is not None)


async def _without_token(call: Call, body: ChargerCommandRequest, now_ms: int) -> ChargerCommandRequest:
    """The request with the reference of a token in its place: a token is stored in the vault and never in the log."""
    token = body.arguments.get("id_tag")
    if token is None:
        return body
    await call.context.vault.cards.presented(token, now_ms)
    others = {name: text for name, text in body.arguments.items() if name != "id_tag"}
    return body.model_copy(update={"arguments": {**others, "token_ref": call.context.vault.cards.ref(token)}})


async def _load_stream(call: Call, charger_id: str) -> str:
    """The stream of the load at the charger's site. Raises a 404 problem where there is no such charger."""
    row = await find(call.context, lambda connection: chargers.find(connection, charger_id))
    if row is None:
        raise Problem(404, "there is no such charger", field="charger_id")
    return stream("load", row["site_id"])
