"""Frames of OCPP-J (OCPP 1.6J, section 4; the same in later versions): parsed as they come, written as they go.

A frame is read as what it plainly means: a number as a message id, a missing payload as an empty one, text in a binary
frame, and JSON with NaN, control characters or half a surrogate pair in it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, cast

import orjson
from ocpp.exceptions import FormationViolationError, OCPPError, ProtocolError
from ocpp.messages import MessageType

UNKNOWN_ID = "-1"
"""Names a frame whose message id could not be read."""
LONGEST_ID = 255
"""The specification says 36; what is longer is still answered, within reason."""
LARGEST_ID = 2**53
"""Beyond it a JSON number loses digits on its way."""
AROUND_JSON = "\ufeff\0 \t\r\n"
"""What some chargers send around a message: a byte order mark, or the end of a C string."""

KINDS = (MessageType.Call, MessageType.CallResult, MessageType.CallError)

MessageId = str | int | float
"""A string by the specification; a call is answered under the id that it bears, in the type that it has."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request of either side (CALL)."""

    message_id: MessageId
    action: str
    payload: Any


@dataclass(frozen=True, slots=True)
class CallResult:
    """The answer to a request (CALLRESULT)."""

    message_id: MessageId
    payload: Any


@dataclass(frozen=True, slots=True)
class CallError:
    """The refusal of a request (CALLERROR). The code is as it was sent: chargers misspell them."""

    message_id: MessageId
    code: str
    description: str


class BadFrame(Exception):
    """A frame that is no message; `error` is to be sent to the peer about `message_id`, None: nothing is."""

    def __init__(self, message_id: MessageId, error: OCPPError | None, reason: str) -> None:
        super().__init__(reason)
        self.message_id = message_id
        self.error = error


def parse(frame: str | bytes) -> Call | CallResult | CallError:
    """The message in a frame. Raises `BadFrame`; answers to our own calls are never answered, however bad."""
    match _decoded(frame):
        case [kind, *rest]:
            return _message(_kind(kind), rest)
        case _:
            raise _bad(UNKNOWN_ID, "frame", "an array that starts with the message type is needed")


def _decoded(frame: str | bytes) -> Any:
    text = frame.decode(errors="replace") if isinstance(frame, bytes) else frame
    text = text.strip(AROUND_JSON)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:
            return _mended(text)
        except (ValueError, RecursionError):
            raise _bad(UNKNOWN_ID, "frame", f"not JSON: {error}") from None


def _mended(text: str) -> Any:
    """JSON as chargers print it; what is no number (NaN) is null, what is no character is a question mark."""
    loose = json.loads(text, strict=False, parse_constant=lambda _: None, parse_float=_finite)
    return orjson.loads(json.dumps(loose, ensure_ascii=False, allow_nan=False).encode(errors="replace"))


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _kind(sent: Any) -> int:
    kind = next((kind for kind in KINDS if sent in (kind, str(kind))), None)
    if kind is None:
        details = {"field": "messageTypeId", "reason": "2, 3 or 4 is needed"}
        raise BadFrame(UNKNOWN_ID, ProtocolError("Unknown message type", details), f"type {str(sent)[:20]}")
    return kind


def _message(kind: int, rest: list[Any]) -> Call | CallResult | CallError:
    match kind, rest:
        case MessageType.Call, [message_id, *parts] if _is_id(message_id):
            return _call(message_id, parts)
        case MessageType.CallResult, [message_id, *parts] if _is_id(message_id):
            return CallResult(message_id, parts[0] if parts else None)
        case MessageType.CallError, [message_id, *parts] if _is_id(message_id):
            code, description, *_ = [*map(str, parts), "", ""]
            return CallError(message_id, code, description)
        case MessageType.Call, _:
            raise _bad(UNKNOWN_ID, "messageId", f"a string of 1 to {LONGEST_ID} characters is needed")
        case _:
            raise BadFrame(UNKNOWN_ID, None, "an answer without its message id")


def _is_id(given: Any) -> bool:
    if isinstance(given, str):
        return 0 < len(given) <= LONGEST_ID
    return isinstance(given, int | float) and not isinstance(given, bool) and abs(given) <= LARGEST_ID


def _call(message_id: MessageId, parts: list[Any]) -> Call:
    match parts:
        case [str(action)]:
            return Call(message_id, action.strip(), {})
        case [str(action), dict(payload), *_]:
            return Call(message_id, action.strip(), payload)
        case [str(action), None | [] | "", *_]:
            return Call(message_id, action.strip(), {})
        case [str(action), [dict(payload)], *_]:
            return Call(message_id, action.strip(), payload)
        case [str(), *_]:
            raise _bad(message_id, "payload", "an object is needed")
        case _:
            raise _bad(message_id, "action", "a string is needed")


def _bad(message_id: MessageId, field: str, reason: str) -> BadFrame:
    return BadFrame(message_id, FormationViolationError(details={"field": field, "reason": reason}), reason)


def call_frame(message_id: str, action: str, payload: dict[str, Any]) -> bytes:
    return orjson.dumps([MessageType.Call, message_id, action, payload])


def result_frame(message_id: MessageId, payload: dict[str, Any]) -> bytes:
    return orjson.dumps([MessageType.CallResult, message_id, payload])


def error_code(error: OCPPError) -> str:
    """The errorCode, which every subclass of `OCPPError` has, but the class itself does not declare."""
    code: str = cast(Any, error).code
    return code


def error_frame(message_id: MessageId, error: OCPPError) -> bytes:
    """errorDescription holds at most 255 characters, errorDetails is an object."""
    return orjson.dumps([MessageType.CallError, message_id, error_code(error), error.description[:255], error.details])
