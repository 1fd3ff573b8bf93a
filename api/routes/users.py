"""Users: who may log in, and in which role."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.access import CurrentPrincipal, known_enterprise, may
from api.answers import Json
from api.call import NOT_YET, CurrentCall
from api.context import Context, CurrentContext
from api.lookup import find
from api.problems import Rejected
from api.routes.paths import V1
from api.shapes.users import NewUser, User, Users
from api.views.users import user_view
from commands.ports.log import LogError
from commands.register_user import UserRequest
from domain.records.registry import AccountRegistered
from projections import accounts
from projections.projection import Row

router = APIRouter(prefix=f"{V1}/users", tags=["users"])


@router.post("", status_code=201, response_model=NewUser, responses=NOT_YET, dependencies=[may("user.register")])
async def register(call: CurrentCall, body: UserRequest) -> Response:
    """Register a user.

    E-mail address and password are stored in the vault and never in the log.
    """
    await _check_enterprise(call.context, body.enterprise_id)
    vault = call.context.vault.accounts
    async with call.once(body) as submission:
        left_over = await _left_over(call.context, body.email)
        account_id = left_over or submission.id
        await vault.add(account_id, body.email, body.password)
        try:
            outcome = await submission.decide(body.stream(account_id), body.command(account_id), AccountRegistered)
        except (Rejected, LogError):
            if left_over is None:
                await vault.forget(account_id)
            raise
        if left_over is not None:
            await vault.set_password(account_id, body.password)
        answer = {"id": account_id, "role": body.role, "enterprise_id": body.enterprise_id}
        return await submission.answer(201 if outcome else 202, answer, final=outcome is not None)


@router.get("", response_model=Users, dependencies=[may("user.list")])
async def every(context: CurrentContext) -> Response:
    """List all users."""
    rows = await context.database.read(accounts.every)
    emails = await context.vault.accounts.emails(row["id"] for row in rows)
    return Json({"users": [user_view(row, emails.get(row["id"])) for row in rows]})


@router.get("/me", response_model=User, dependencies=[may("user.see_self")])
async def me(context: CurrentContext, caller: CurrentPrincipal) -> Response:
    """Get the caller."""
    row = await _account(context, caller.id)
    emails = await context.vault.accounts.emails([caller.id])
    return Json(row and user_view(row, emails.get(caller.id)))


async def _account(context: Context, account_id: str) -> Row | None:
    return await find(context, lambda connection: accounts.find(connection, account_id))


async def _check_enterprise(context: Context, enterprise_id: str | None) -> None:
    if enterprise_id is not None:
        await known_enterprise(context, enterprise_id, status=422)


async def _left_over(context: Context, email: str) -> str | None:
    """The id of a registration with this address that was cut short, if any: this request completes it."""
    owner = await context.vault.accounts.with_email(email)
    return owner if owner is not None and await _account(context, owner) is None else None
