"""Inbound messages: how they are read, part by part.

A part is read as what it plainly means: `"7"` and `7.0` as the number 7, a number as a text, one object as a list of
one. A part that can't be read, or is null, counts as one that was not sent: it is dropped with a log line, and nothing
beside it. So no payload makes its message fail; each handler knows what to do without a part.

The JSON schemas of the `ocpp` package refuse what real chargers send, and cost a multiple; so inbound messages have
models of their own. What we send is built from the package's classes, and tests hold it against its schemas.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from ocpp.exceptions import TypeConstraintViolationError
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

LONGEST_TEXT = 100
LONGEST_LIST = 500
LARGEST_WHOLE = 2**53
"""Beyond it a JSON number loses digits on its way."""
Drop = Callable[[str, str], None]
"""Called with the field that is dropped, and the reason."""


class Message(BaseModel):
    """A payload, or a part of one. Unknown fields are vendors' own, and ignored."""

    model_config = ConfigDict(strict=True, extra="ignore")


M = TypeVar("M", bound=Message)
T = TypeVar("T")


def read(model: type[M], payload: Any, drop: Drop) -> M:
    """The payload as a message, as far as it can be read. Raises `OCPPError` for what is no object at all."""
    try:
        return model.model_validate(payload, context=drop)
    except ValidationError:
        raise TypeConstraintViolationError(details={"field": "payload", "reason": "an object is needed"}) from None


def _or_none(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    if value is None:
        return None
    try:
        return handler(value)
    except ValidationError as error:
        return _dropped(info, error.errors(include_url=False, include_context=False, include_input=False)[0]["msg"])


def _needed(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    return _dropped(info, "it is missing") if value is None else _or_none(value, handler, info)


def _readable(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> list[Any]:
    items = [value] if isinstance(value, dict) else value
    if not isinstance(items, list):
        if items is not None:
            _dropped(info, "a list is needed")
        return []
    if len(items) > LONGEST_LIST:
        _dropped(info, f"only the last {LONGEST_LIST} are read")
    good: list[Any] = []
    for item in items[-LONGEST_LIST:]:
        try:
            good += handler([item])
        except ValidationError:
            _dropped(info, "an object is needed")
    return good


def _dropped(info: ValidationInfo, reason: str) -> None:
    drop: Drop = info.context  # type: ignore[assignment]
    drop(info.field_name or "", reason.removeprefix("Value error, "))


Readable = Annotated[T | None, WrapValidator(_or_none)]
"""A part that is None where it is missing, null, or can't be read."""
Needed = Annotated[T | None, WrapValidator(_needed), Field(validate_default=True)]
"""The same for a part that OCPP requires: where it is missing, that is logged too."""
ListOf = Annotated[list[T], WrapValidator(_readable)]
"""The objects of a list that can be read. One object where a list is meant is a list of one."""


def _whole(value: Any) -> int:
    number = value
    if isinstance(value, str):
        try:
            number = float(value) if len(value) <= LONGEST_TEXT else None
        except ValueError:
            number = None
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if not isinstance(number, int) or isinstance(number, bool) or abs(number) > LARGEST_WHOLE:
        raise ValueError("a whole number is needed")
    return number


def _rounded(value: Any) -> int:
    """Watt-hours in tenths are whole watt-hours, rounded down."""
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("a number is needed")
    return math.floor(number)


def plain_text(value: Any) -> str:
    """Text, or a number as text, without control characters and padding. Raises `ValueError` for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise ValueError("a text is needed")
    return "".join(sign for sign in str(value) if unicodedata.category(sign)[0] != "C").strip()


def as_ocpp(words: type[StrEnum], text: str) -> str:
    """A word as OCPP writes it, whatever its case; one that OCPP does not have stays as it is."""
    return next((word.value for word in words if word.value.lower() == text.lower()), text)


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_text(value: Any) -> bool:
    """Whether it is a text that can be stored unchanged: not empty, Unicode that UTF-8 can encode, and without NUL."""
    return isinstance(value, str) and value != "" and not _UNSTORABLE.search(value)


def _cut(value: Any) -> str:
    try:
        return plain_text(value)[:LONGEST_TEXT]
    except ValueError:
        return ""


SoftText = Annotated[str, BeforeValidator(_cut)]
"""Text for people: empty where it is missing or no text, and cut at 100 characters."""
Whole = Annotated[int, BeforeValidator(_whole)]
Word = Annotated[str, BeforeValidator(plain_text), StringConstraints(min_length=1, max_length=255)]
ConnectorId = Annotated[Whole, Field(ge=0, le=1000)]
MeterWh = Annotated[int, BeforeValidator(_rounded), Field(ge=0, le=10**12)]
