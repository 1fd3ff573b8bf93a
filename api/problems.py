"""Every error as problem details (RFC 9457), with the fields and the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.answers import encode
from commands.ports.database import DatabaseUnavailable
from commands.ports.log import LogDamaged, LogError
from commands.ports.series import SeriesUnavailable
from domain.errors import DomainError

MEDIA_TYPE = "application/problem+json"
SOON = {"Retry-After": "1"}
RFC_9110 = {413: "Content Too Large", 422: "Unprocessable Content"}
"""Titles that Python calls otherwise before 3.13."""
CONFLICTS = frozenset({"", "id", "session_id", "vehicle_id", "vin", "token"})
"""Fields that name a thing: an objection to one is about its state (409), to any other about the value (422)."""


class Problem(Exception):
    """Answered as problem details. `field` names what was wrong, as the client knows it."""

    def __init__(
        self, status: int, detail: str, *, field: str = "", headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers
        self.body = _body(status, detail, [{"field": field, "reason": detail}] if field else [], **more)


class Rejected(Problem):
    """A rule said no: that is a decision, and stays the answer."""

    def __init__(self, rule: str, field: str, reason: str, field_names: Mapping[str, str]) -> None:
        conflict = field in CONFLICTS and rule != "idempotency.v1"
        super().__init__(409 if conflict else 422, reason, field=field_names.get(field, field), rule=rule)


def problem_response(path: str, status: int, body: Mapping[str, Any], headers: Any = None) -> Response:
    """`body` as a response, with the path as its instance."""
    return Response(encode({**body, "instance": path}), status, headers, MEDIA_TYPE)


def plain_problem(path: str, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """A problem that no field is to blame for."""
    return problem_response(path, status, _body(status, detail, []), headers)


def no_database(path: str) -> Response:
    """Neither its address nor its words: those are for the operator, in the log of the server."""
    return plain_problem(path, 503, "the database does not answer", SOON)


def add_handlers(app: FastAPI) -> None:
    """Let the app answer every error as problem details."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(DomainError, _domain_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(LogError, _not_stored)
    app.add_exception_handler(DatabaseUnavailable, _no_database)
    app.add_exception_handler(SeriesUnavailable, _no_series)
    app.add_exception_handler(Exception, _defect)


async def _problem(request: Request, error: Problem) -> Response:
    return problem_response(request.url.path, error.status, error.body, error.headers)


async def _domain_error(request: Request, error: DomainError) -> Response:
    return await _problem(request, Rejected(error.rule, error.field, error.reason, {}))


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    errors = [{"field": _field(one["loc"]), "reason": _reason(one)} for one in error.errors()]
    detail = "; ".join(f"{one['field']}: {one['reason']}" for one in errors)
    return problem_response(request.url.path, 422, _body(422, detail, errors))


async def _http(request: Request, error: HTTPException) -> Response:
    return plain_problem(request.url.path, error.status_code, str(error.detail), error.headers)


async def _not_stored(request: Request, error: LogError) -> Response:
    what = "it can't be read" if isinstance(error, LogDamaged) else "the log did not take it, nothing was stored"
    return plain_problem(request.url.path, 503, f"{what}: {error}", SOON)


async def _no_database(request: Request, _: DatabaseUnavailable) -> Response:
    return no_database(request.url.path)


async def _no_series(request: Request, _: SeriesUnavailable) -> Response:
    return plain_problem(request.url.path, 503, "the time series do not answer", SOON)


async def _defect(request: Request, _: Exception) -> Response:
    return plain_problem(request.url.path, 500, "a defect on our side")


def _field(location: Sequence[str | int]) -> str:
    """`("body", "nodes", 0, "limit_a")` -> `nodes.0.limit_a`; a body that is no JSON object is `body` itself."""
    source, *path = location
    if source != "body" or (path and isinstance(path[0], str)):
        name = ".".join(map(str, path)) or str(source)
        return name.encode(errors="replace").decode()  # a client may name a field by half a character
    return "body"


def _reason(error: Mapping[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return f"not JSON: {error['ctx']['error']} at {error['loc'][-1]}"
    return error["msg"].removeprefix("Value error, ")


def _body(status: int, detail: str, errors: Sequence[Mapping[str, str]], **more: Any) -> dict[str, Any]:
    title = RFC_9110.get(status) or HTTPStatus(status).phrase
    known = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return {**known, "errors": list(errors)} if errors else known
