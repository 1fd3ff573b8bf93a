"""Frames of OCPP-J (OCPP 1.6J, section 4; the same in later versions): parsed as they come, written as they go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import orjson
from ocpp.exceptions import FormationViolationError, OCPPError, ProtocolError
from ocpp.messages import MessageType

UNKNOWN_ID = "-1"
"""Names a frame whose message id could not be read."""
LONGEST_ID = 255
"""The specification says 36; what is longer is still answered, within reason."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request of either side (CALL)."""

    message_id: str
    action: str
    payload: Any


@dataclass(frozen=True, slots=True)
class CallResult:
    """The answer to a request (CALLRESULT)."""

    message_id: str
    payload: Any


@dataclass(frozen=True, slots=True)
class CallError:
    """The refusal of a request (CALLERROR). The code is as it was sent: chargers misspell them."""

    message_id: str
    code: str
    description: str


class BadFrame(Exception):
    """A frame that is no message; `error` is to be sent to the peer about `message_id`, None: nothing is."""

    def __init__(self, message_id: str, error: OCPPError | None, reason: str) -> None:
        super().__init__(reason)
        self.message_id = message_id
        self.error = error


def parse(frame: str | bytes) -> Call | CallResult | CallError:
    """The message in a frame. Raises `BadFrame`; answers to our own calls are never answered, however bad."""
    if isinstance(frame, bytes):
        raise _bad(UNKNOWN_ID, "frame", "OCPP-J messages are text frames")
    try:
        message = orjson.loads(frame)
    except orjson.JSONDecodeError as error:
        raise _bad(UNKNOWN_ID, "frame", f"not JSON: {error}") from None
    match message:
        case [MessageType.Call, str(message_id), *rest] if 0 < len(message_id) <= LONGEST_ID:
            return _call(message_id, rest)
        case [MessageType.CallResult, str(message_id), payload]:
            return CallResult(message_id, payload)
        case [MessageType.CallError, str(message_id), code, *rest]:
            return CallError(message_id, str(code), str(rest[0]) if rest else "")
        case [MessageType.CallResult | MessageType.CallError, *_]:
            raise BadFrame(UNKNOWN_ID, None, "an answer without its message id")
        case [MessageType.Call, *_]:
            raise _bad(UNKNOWN_ID, "messageId", f"a string of 1 to {LONGEST_ID} characters is needed")
        case [kind, *_]:
            details = {"field": "messageTypeId", "reason": "2, 3 or 4 is needed"}
            raise BadFrame(UNKNOWN_ID, ProtocolError("Unknown message type", details), f"type {str(kind)[:20]}")
        case _:
            raise _bad(UNKNOWN_ID, "frame", "an array that starts with the message type is needed")


def _call(message_id: str, rest: list[Any]) -> Call:
    match rest:
        case [str(action), dict(payload)]:
            return Call(message_id, action, payload)
        case [str(), _]:
            raise _bad(message_id, "payload", "an object is needed")
        case [_, _]:
            raise _bad(message_id, "action", "a string is needed")
        case _:
            raise _bad(message_id, "frame", "a CALL has four elements")


def _bad(message_id: str, field: str, reason: str) -> BadFrame:
    return BadFrame(message_id, FormationViolationError(details={"field": field, "reason": reason}), reason)


def call_frame(message_id: str, action: str, payload: dict[str, Any]) -> bytes:
    return orjson.dumps([MessageType.Call, message_id, action, payload])


def result_frame(message_id: str, payload: dict[str, Any]) -> bytes:
    return orjson.dumps([MessageType.CallResult, message_id, payload])


def error_code(error: OCPPError) -> str:
    """The errorCode, which every subclass of `OCPPError` has, but the class itself does not declare."""
    code: str = cast(Any, error).code
    return code


def error_frame(message_id: str, error: OCPPError) -> bytes:
    """errorDescription holds at most 255 characters, errorDetails is an object."""
    return orjson.dumps([MessageType.CallError, message_id, error_code(error), error.description[:255], error.details])
