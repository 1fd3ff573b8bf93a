"""Log-in: a bearer token for an e-mail address and a password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import StringConstraints
from starlette.responses import Response

from api.answers import Json
from api.log_in_attempts import log_in as attempt_log_in
from api.problems import Problem
from api.routes.paths import V1
from api.shapes.users import Token
from commands.quantities import rfc3339
from commands.request import Request as Body

router = APIRouter(prefix=f"{V1}/login", tags=["login"])
PRIVATE = {"Cache-Control": "no-store"}


class LoginRequest(Body):
    """The credentials of a user."""

    email: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=254)]
    password: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=256)]


@router.post("", response_model=Token)
async def log_in(request: Request, body: LoginRequest) -> Response:
    """Log in.

    A wrong address has the same answer as a wrong password, after the same time.
    """
    token = await attempt_log_in(request, body.email, body.password)
    if token is None:
        raise Problem(401, "no account has this address and password")
    answer = {"access_token": token.text, "token_type": "Bearer", "expires_at": rfc3339(token.expires_s * 1000)}
    return Json(answer, headers=PRIVATE)
