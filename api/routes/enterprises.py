"""Enterprises: register, approve, suspend; the keys of their integrations."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.access import known_enterprise, may
from api.answers import Json
from api.call import NOT_YET, Call, CurrentCall
from api.context import Context, CurrentContext
from api.problems import Problem
from api.routes.paths import V1, PathId
from api.shapes.enterprises import Enterprise, Enterprises, Key, NewEnterprise
from api.views.enterprises import enterprise_view
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
    response_model=NewEnterprise,
    responses=NOT_YET,
    dependencies=[may("enterprise.register")],
)
async def register(call: CurrentCall, body: EnterpriseRequest) -> Response:
    """Register an enterprise.

    Its vehicles have no priority before an operator has approved it.
    """
    async with call.once(body) as submission:
        await call.context.vault.enterprises.add(body.id, body.name, body.domain)
        outcome = await submission.decide(body.stream(), body.command(), EnterpriseRegistered)
        answer = {"id": body.id, "verification_status": "pending"}
        if outcome is None:
            return await submission.answer(202, answer, final=False)
        return await submission.answer(201, answer, {"Location": f"{call.path}/{body.id}"})


@router.get("", response_model=Enterprises, dependencies=[may("enterprise.list")])
async def every(context: CurrentContext) -> Response:
    """List all enterprises."""
    rows = await context.database.read(enterprises.every)
    names = await context.vault.enterprises.names(row["id"] for row in rows)
    return Json({"enterprises": [enterprise_view(row, names.get(row["id"])) for row in rows]})


@router.get("/{enterprise_id}", response_model=Enterprise, dependencies=[may("enterprise.see")])
async def one(context: CurrentContext, enterprise_id: PathId) -> Response:
    """Get an enterprise."""
    return Json(await _view(context, enterprise_id))


@router.post(
    "/{enterprise_id}/approve",
    response_model=Enterprise,
    responses=NOT_YET,
    dependencies=[may("enterprise.approve")],
)
async def approve(call: CurrentCall, enterprise_id: PathId, body: ApprovalRequest) -> Response:
    """Approve an enterprise whose identity was verified.

    From now on its eligible vehicles may be granted priority.
    """
    return await _change(call, enterprise_id, body, body.command(enterprise_id), EnterpriseApproved)


@router.post(
    "/{enterprise_id}/suspend",
    response_model=Enterprise,
    responses=NOT_YET,
    dependencies=[may("enterprise.approve")],
)
async def suspend(call: CurrentCall, enterprise_id: PathId) -> Response:
    """Withdraw the approval of an enterprise.

    The priority of its vehicles ends.
    """
    return await _change(call, enterprise_id, None, SuspendEnterprise(enterprise_id=enterprise_id), EnterpriseSuspended)


@router.post(
    "/{enterprise_id}/integration-keys",
    status_code=201,
    response_model=Key,
    dependencies=[may("enterprise.integrate")],
)
async def new_key(call: CurrentCall, enterprise_id: PathId) -> Response:
    """Create an integration key of an enterprise.

    With it the enterprise's own cloud reports readings of its vehicles. The key is not shown again.
    """
    await known_enterprise(call.context, enterprise_id)
    async with call.once(None) as submission:
        key_id, key = await call.context.vault.integrations.new_key(enterprise_id, submission.now_ms)
        return await submission.answer(201, {"id": key_id, "key": key})


@router.delete(
    "/{enterprise_id}/integration-keys/{key_id}", status_code=204, dependencies=[may("enterprise.integrate")]
)
async def revoke_key(context: CurrentContext, enterprise_id: PathId, key_id: PathId) -> Response:
    """Revoke an integration key of an enterprise, with immediate effect."""
    if not await context.vault.integrations.revoke(key_id, enterprise_id):
        raise Problem(404, "this enterprise has no such key", field="key_id")
    return Response(status_code=204)


async def _change(
    call: Call, enterprise_id: str, body: Request | None, command: Payload, awaited: type[Payload]
) -> Response:
    await known_enterprise(call.context, enterprise_id)
    async with call.once(body) as submission:
        outcome = await submission.decide(stream("registry", f"enterprise:{enterprise_id}"), command, awaited)
        if outcome is None:
            return await submission.answer(202, {"id": enterprise_id}, final=False)
        return await submission.answer(200, await _view(call.context, enterprise_id))


async def _view(context: Context, enterprise_id: str) -> dict[str, object]:
    row = await known_enterprise(context, enterprise_id)
    names = await context.vault.enterprises.names([enterprise_id])
    return enterprise_view(row, names.get(enterprise_id))
