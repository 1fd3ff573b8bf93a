"""Users: who may log in, and as what."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api import shapes, views
from api.access import Caller, known_enterprise, may
from api.answers import Answer, Json
from api.call import NOT_YET, Asked, Calling
from api.context import Context, Given
from api.finding import found
from api.problems import Rejected
from api.routes.paths import V1
from commands.ports.log import LogError
from commands.register_user import UserRequest
from domain.records.registry import AccountRegistered
from projections import accounts
from projections.projection import Row

router = APIRouter(prefix=f"{V1}/users", tags=["users"])


@router.post("", status_code=201, response_model=shapes.NewUser, responses=NOT_YET, dependencies=[may("user.register")])
async def register(call: Calling, body: UserRequest) -> Response:
    """Register somebody; address and password never leave the vault."""
    await _check_enterprise(call.context, body.enterprise_id)
    known = call.context.vault.accounts

    async def act(asked: Asked) -> Answer:
        left_over = await _left_over(call.context, body.email)
        account_id = left_over or asked.id
        await known.add(account_id, body.email, body.password)
        try:
            command = body.command(account_id)
            done = await call.decide(
                asked, body.stream(account_id), command, AccountRegistered, field_names=body.field_names
            )
        except (Rejected, LogError):
            if left_over is None:
                await known.forget(account_id)
            raise
        if left_over is not None:
            await known.set_password(account_id, body.password)
        answer = {"id": account_id, "role": body.role, "enterprise_id": body.enterprise_id}
        return Answer(201, answer) if done else Answer(202, answer, final=False)

    return await call.once(body, act)


@router.get("", response_model=shapes.Users, dependencies=[may("user.list")])
async def every(context: Given) -> Response:
    """All users."""
    rows = await context.database.read(accounts.every)
    emails = await context.vault.accounts.emails(row["id"] for row in rows)
    return Json({"users": [views.user(row, emails.get(row["id"])) for row in rows]})


@router.get("/me", response_model=shapes.User, dependencies=[may("user.see_self")])
async def me(context: Given, caller: Caller) -> Response:
    """Who calls."""
    row = await _find(context, caller.id)
    emails = await context.vault.accounts.emails([caller.id])
    return Json(row and views.user(row, emails.get(caller.id)))


async def _find(context: Context, account_id: str) -> Row | None:
    return await found(context, lambda connection: accounts.find(connection, account_id))


async def _check_enterprise(context: Context, enterprise_id: str | None) -> None:
    if enterprise_id is not None:
        await known_enterprise(context, enterprise_id, status=422)


async def _left_over(context: Context, email: str) -> str | None:
    """The id under which an address was kept by a registration that was cut short: it is taken up again."""
    owner = await context.vault.accounts.with_email(email)
    return owner if owner is not None and await _find(context, owner) is None else None
