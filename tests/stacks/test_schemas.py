"""What the schemas are held against is found where it is wrong: in calls, in answers, and in errors."""

from typing import Any

import pytest

from tests.stacks.relay import CALL, CALL_ERROR, CALL_RESULT, Message
from tests.stacks.schemas import violations

VALID = {"idTag": "card"}


@pytest.mark.parametrize(
    ("kind", "payload", "found"),
    [
        (CALL, VALID, []),
        (CALL, {}, ["Authorize: $: 'idTag' is a required property"]),
        (CALL, {"idTag": 7}, ["Authorize: $.idTag: 7 is not of type 'string'"]),
        (CALL_RESULT, {"idTagInfo": {"status": "Accepted"}}, []),
        (CALL_RESULT, VALID, ["required", "Additional"]),
        (CALL_ERROR, ["NotSupported", "", {}], ["Authorize: ['NotSupported', '', {}]"]),
    ],
)
def test_a_message_that_breaks_its_schema_is_found(kind: int, payload: Any, found: list[str]) -> None:
    told = violations(Message(True, kind, "1", "Authorize", payload))
    assert len(told) == len(found)
    assert all(any(part in one for one in told) for part in found)
