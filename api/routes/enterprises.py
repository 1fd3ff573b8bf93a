"""Enterprises: registered, approved, suspended, and the keys of their integrations."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api import shapes, views
from api.access import known_enterprise, may
from api.answers import Answer, Json
from api.call import NOT_YET, Asked, Call, Calling
from api.context import Given
from api.finding import found
from api.problems import Problem
from api.routes.paths import V1, PathId
from commands.approve_enterprise import ApprovalRequest
from commands.log.topics import stream
from commands.register_enterprise import EnterpriseRequest
from commands.request import Request
from domain.records import Payload
from domain.records.registry import (
    EnterpriseApproved,
    EnterpriseRegistered,
    EnterpriseSuspended,
    SuspendEnterprise,
)
from projections import enterprises

router = APIRouter(prefix=f"{V1}/enterprises", tags=["enterprises"])


@router.post(
    "",
    status_code=201,
    response_model=shapes.NewEnterprise,
    responses=NOT_YET,
    dependencies=[may("enterprise.register")],
)
async def register(call: Calling, body: EnterpriseRequest) -> Response:
    """Register an enterprise; it waits for approval."""

    async def act(asked: Asked) -> Answer:
        await call.context.vault.enterprises.add(body.id, body.name, body.domain)
        done = await call.decide(
            asked, body.stream(), body.command(), EnterpriseRegistered, field_names=body.field_names
        )
        answer = {"id": body.id, "verification_status": "pending"}
        return Answer(201, answer, {"Location": f"{call.path}/{body.id}"}) if done else Answer(202, answer, final=False)

    return await call.once(body, act)


@router.get("", response_model=shapes.Enterprises, dependencies=[may("enterprise.list")])
async def every(context: Given) -> Response:
    """All enterprises."""
    rows = await context.database.read(enterprises.every)
    names = await context.vault.enterprises.names(row["id"] for row in rows)
    return Json({"enterprises": [views.enterprise(row, names.get(row["id"])) for row in rows]})


@router.get("/{enterprise_id}", response_model=shapes.Enterprise, dependencies=[may("enterprise.see")])
async def one(context: Given, enterprise_id: PathId) -> Response:
    """An enterprise, for its administrators and for operators."""
    row = await known_enterprise(context, enterprise_id)
    names = await context.vault.enterprises.names([enterprise_id])
    return Json(views.enterprise(row, names.get(enterprise_id)))


@router.post(
    "/{enterprise_id}/approve",
    response_model=shapes.Enterprise,
    responses=NOT_YET,
    dependencies=[may("enterprise.approve")],
)
async def approve(call: Calling, enterprise_id: PathId, body: ApprovalRequest) -> Response:
    """Say that it was verified: its eligible vehicles may have priority from now on."""
    return await _tell(call, enterprise_id, body, body.command(enterprise_id), EnterpriseApproved)


@router.post(
    "/{enterprise_id}/suspend",
    response_model=shapes.Enterprise,
    responses=NOT_YET,
    dependencies=[may("enterprise.approve")],
)
async def suspend(call: Calling, enterprise_id: PathId) -> Response:
    """Take the approval back; what priority its vehicles have ends."""
    return await _tell(call, enterprise_id, None, SuspendEnterprise(enterprise_id=enterprise_id), EnterpriseSuspended)


@router.post(
    "/{enterprise_id}/integration-keys",
    status_code=201,
    response_model=shapes.Key,
    dependencies=[may("enterprise.integrate")],
)
async def new_key(call: Calling, enterprise_id: PathId) -> Response:
    """Draw a key for the enterprise's own cloud to tell readings with; shown this once."""
    await one(call.context, enterprise_id)

    async def act(asked: Asked) -> Answer:
        key_id, key = await call.context.vault.integrations.new_key(enterprise_id, asked.now_ms)
        return Answer(201, {"id": key_id, "key": key})

    return await call.once(None, act)


@router.delete(
    "/{enterprise_id}/integration-keys/{key_id}", status_code=204, dependencies=[may("enterprise.integrate")]
)
async def revoke_key(context: Given, enterprise_id: PathId, key_id: PathId) -> Response:
    """Take a key back, at once."""
    if not await context.vault.integrations.revoke(key_id, enterprise_id):
        raise Problem(404, "this enterprise has no such key", field="key_id")
    return Response(status_code=204)


async def _tell(
    call: Call, enterprise_id: str, body: Request | None, command: Payload, awaited: type[Payload]
) -> Response:
    await one(call.context, enterprise_id)
    about = stream("registry", f"enterprise:{enterprise_id}")

    async def act(asked: Asked) -> Answer:
        done = await call.decide(asked, about, command, awaited)
        if done is None:
            return Answer(202, {"id": enterprise_id}, final=False)
        row = await found(call.context, lambda connection: enterprises.find(connection, enterprise_id))
        names = await call.context.vault.enterprises.names([enterprise_id])
        return Answer(200, row and views.enterprise(row, names.get(enterprise_id)))

    return await call.once(body, act)
