"""Inbound messages: how strictly they are read, and the OCPP error for each fault.

The JSON schemas of the `ocpp` package refuse what real chargers send (padded units, errorCode "Error"), and cost a
multiple; so inbound messages have models of their own. What we send is built from the package's classes, and tests hold
it against its schemas.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from ocpp.exceptions import (
    OCPPError,
    PropertyConstraintViolationError,
    ProtocolError,
    TypeConstraintViolationError,
)
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

LONGEST_TEXT = 100
VALUE_ERRORS = ("greater_than", "less_than", "string_too", "too_short", "too_long", "value_error", "finite_number")


class Message(BaseModel):
    """A payload. Unknown fields are vendors' own, and ignored. No type is coerced."""

    model_config = ConfigDict(strict=True, extra="ignore")


M = TypeVar("M", bound=Message)


def _text(value: Any) -> str:
    return str(value).strip()[:LONGEST_TEXT] if isinstance(value, str | int | float) else ""


SoftText = Annotated[str, BeforeValidator(_text)]
"""Text for people: never refused whatever it is, and cut at 100 characters."""
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
ConnectorId = Annotated[int, Field(ge=0, le=1000)]
MeterWh = Annotated[int, Field(ge=0, le=10**12)]


def read(model: type[M], payload: Any) -> M:
    """The payload as a message. Raises `OCPPError` with the first wrong field and the reason in its details."""
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        raise _refusal(error) from None


def _refusal(error: ValidationError) -> OCPPError:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return _kind(first["type"])(
        details={"field": ".".join(str(part) for part in first["loc"]), "reason": first["msg"]},
    )


def _kind(code: str) -> type[OCPPError]:
    if code == "missing":
        return ProtocolError
    return PropertyConstraintViolationError if code.startswith(VALUE_ERRORS) else TypeConstraintViolationError
