"""OCPP-J frames: JSON lists [2, id, action, payload], [3, id, payload], [4, id, code, description, details]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

Payload = dict[str, Any]


class BadFrame(ValueError):
    """The text is no OCPP-J frame."""


@dataclass(frozen=True, slots=True)
class Call:
    id: str
    action: str
    payload: Payload

    def text(self) -> str:
        return orjson.dumps([2, self.id, self.action, self.payload]).decode()


@dataclass(frozen=True, slots=True)
class Result:
    id: str
    payload: Payload

    def text(self) -> str:
        return orjson.dumps([3, self.id, self.payload]).decode()


@dataclass(frozen=True, slots=True)
class Error:
    id: str
    code: str
    description: str = ""

    def text(self) -> str:
        return orjson.dumps([4, self.id, self.code, self.description, {}]).decode()


Frame = Call | Result | Error


def parse(text: str | bytes) -> Frame:
    """The frame of a text. Raises `BadFrame`."""
    try:
        parts = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadFrame(f"no JSON: {error}") from None
    match parts:
        case [2, str(id_), str(action), dict(payload)]:
            return Call(id_, action, payload)
        case [3, str(id_), dict(payload)]:
            return Result(id_, payload)
        case [4, str(id_), str(code), str(description), *_]:
            return Error(id_, code, description)
    raise BadFrame("neither a call nor a result nor an error")
