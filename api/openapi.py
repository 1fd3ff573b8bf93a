"""What FastAPI can't know of the contract: authentication, errors, summaries, and an example of each request."""

from __future__ import annotations

from typing import Any

from fastapi.routing import APIRoute

from api import problems
from api.examples import ANSWERS, EXAMPLES
from api.middleware import OPEN, PROTECTED
from api.routes import login
from api.shapes.problems import Problem

Document = dict[str, Any]

BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token of POST /api/v1/login, or the key of an integration.",
}
REASONS = {
    401: "There is no valid token or key",
    403: "The caller is not allowed to do this",
    404: "There is no such resource",
    409: "The state of the resource does not allow this",
    413: "A body may have at most 1,000,000 bytes",
    422: "A field, a header or a parameter is invalid; `errors` names it",
    429: "Too many attempts; `Retry-After` is the number of seconds to wait",
    503: "Nothing was stored, or the data can't be read now; try again",
}
LIMITED = (login.router.prefix,)
FASTAPI_OWN = ("HTTPValidationError", "ValidationError")


def operation_id(route: APIRoute) -> str:
    """`sessions_request`: the module of a route and its name."""
    return f"{route.endpoint.__module__.rpartition('.')[2]}_{route.name}"


def completed(document: Document) -> Document:
    """FastAPI's document, completed."""
    components = document["components"]
    components["securitySchemes"] = {"bearer": BEARER}
    components["responses"] = {f"Problem{status}": _problem(means) for status, means in REASONS.items()}
    schemas = components["schemas"]
    for name in FASTAPI_OWN:
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schemas["Problem"].pop("$defs")
    for name, example in (EXAMPLES | ANSWERS).items():
        schemas[name]["examples"] = [example]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _summarize(operation)
            if path.startswith(PROTECTED):
                _complete(path, method, operation)
    return document


def _summarize(operation: Document) -> None:
    """The first line of a route's docstring is the summary, the rest the description."""
    summary, _, rest = operation.pop("description").partition("\n")
    operation["summary"] = summary.removesuffix(".")
    if rest := rest.strip():
        operation["description"] = rest


def _complete(path: str, method: str, operation: Document) -> None:
    is_open = path in OPEN
    operation["security"] = [] if is_open else [{"bearer": []}]
    applies = {
        401: True,
        403: not is_open,
        404: "{" in path,
        409: method == "post" and not is_open,
        413: "requestBody" in operation,
        422: "requestBody" in operation or "parameters" in operation,
        429: path in LIMITED,
        503: True,
    }
    for status, wanted in applies.items():
        if wanted:
            operation["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}


def _problem(means: str) -> Document:
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": means, "content": content}
