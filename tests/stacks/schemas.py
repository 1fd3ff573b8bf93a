"""The schemas of the Open Charge Alliance for OCPP 1.6, as the `ocpp` package holds them."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from jsonschema import Draft4Validator

from tests.stacks.relay import CALL_ERROR, CALL_RESULT, Message


@cache
def _validator(name: str) -> Draft4Validator:
    return Draft4Validator(
        json.loads((files("ocpp.v16") / "schemas" / f"{name}.json").read_text("utf-8-sig")),
        format_checker=Draft4Validator.FORMAT_CHECKER,
    )


def violations(message: Message) -> list[str]:
    """What a schema says against a message; that it is an error at all, where it is one."""
    if message.kind == CALL_ERROR:
        return [f"{message.action}: {message.payload}"]
    name = f"{message.action}Response" if message.kind == CALL_RESULT else message.action
    errors = _validator(name).iter_errors(message.payload)
    return [f"{name}: {error.json_path}: {error.message}" for error in errors]
