"""Problem details (RFC 9457): every error, with its fields and reasons."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import HTTPExceptionHandler

from api.answers import encode
from commands.for_people import for_people
from commands.ports.database import DatabaseUnavailable
from commands.ports.log import LogDamaged, LogError
from commands.ports.series import SeriesUnavailable
from domain.errors import DomainError

E = TypeVar("E", bound=Exception)

MEDIA_TYPE = "application/problem+json"
SOON = {"Retry-After": "1"}
RFC_9110 = {413: "Content Too Large", 422: "Unprocessable Content"}
"""Titles that have other names before Python 3.13."""
CONFLICTS = frozenset({"", "id", "session_id", "vehicle_id", "vin", "token"})
"""Fields that name a thing: a rejection of one is about its state (409), of any other field about the value (422)."""


class Problem(Exception):
    """An error that is answered as problem details. `field`: the field that is wrong, as the client knows it."""

    def __init__(
        self, status: int, detail: str, *, field: str = "", headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers
        self.body = _body(status, detail, [{"field": field, "reason": detail}] if field else [], **more)


class Rejected(Problem):
    """A rule rejected the command. That is a decision: it is the answer to a repeat, too."""

    def __init__(self, rule: str, field: str, reason: str, field_names: Mapping[str, str]) -> None:
        conflict = field in CONFLICTS and rule != "idempotency.v1"
        super().__init__(409 if conflict else 422, for_people(reason), field=field_names.get(field, field), rule=rule)


def problem_response(path: str, status: int, body: Mapping[str, Any], headers: Any = None) -> Response:
    """A problem's body as a response, with the path as its `instance`."""
    return Response(encode({**body, "instance": path}), status, headers, MEDIA_TYPE)


def plain_problem(path: str, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """A problem that is not about a field."""
    return problem_response(path, status, _body(status, detail, []), headers)


def no_database(path: str) -> Response:
    """The database's address and error are not shown: they are for the operator, in the server's log."""
    return plain_problem(path, 503, "the database does not answer", SOON)


def add_handlers(app: FastAPI) -> None:
    """Let the app answer every error as problem details."""
    on_error(app, Problem, _problem)
    on_error(app, DomainError, _domain_error)
    on_error(app, RequestValidationError, _invalid)
    on_error(app, HTTPException, _http)
    on_error(app, LogError, _not_stored)
    on_error(app, DatabaseUnavailable, _no_database)
    on_error(app, SeriesUnavailable, _no_series)
    on_error(app, Exception, _defect)


def on_error(app: FastAPI, error: type[E], handler: Callable[[Request, E], Awaitable[Response]]) -> None:
    """Let a handler answer the errors of one type. Starlette declares handlers of any `Exception` only."""
    app.add_exception_handler(error, cast(HTTPExceptionHandler, handler))


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
    what = (
        "the log can't be read" if isinstance(error, LogDamaged) else "the log accepts no records, nothing was stored"
    )
    return plain_problem(request.url.path, 503, f"{what} ({error})", SOON)


async def _no_database(request: Request, _: DatabaseUnavailable) -> Response:
    return no_database(request.url.path)


async def _no_series(request: Request, _: SeriesUnavailable) -> Response:
    return plain_problem(request.url.path, 503, "the time series do not answer", SOON)


async def _defect(request: Request, _: Exception) -> Response:
    return plain_problem(request.url.path, 500, "an internal error occurred")


def _field(location: Sequence[str | int]) -> str:
    """`("body", "nodes", 0, "limit_a")` -> `nodes.0.limit_a`; of a body that is no JSON object: `body`."""
    source, *path = location
    if source != "body" or (path and isinstance(path[0], str)):
        name = ".".join(map(str, path)) or str(source)
        return name.encode(errors="replace").decode()  # a field's name may hold a lone surrogate
    return "body"


def _reason(error: Mapping[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return f"not JSON: {error['ctx']['error']} at {error['loc'][-1]}"
    return str(error["msg"]).removeprefix("Value error, ")


def _body(status: int, detail: str, errors: Sequence[Mapping[str, str]], **more: Any) -> dict[str, Any]:
    title = RFC_9110.get(status) or HTTPStatus(status).phrase
    known = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return {**known, "errors": list(errors)} if errors else known
