"""What all inbound messages have in common."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.exceptions import OCPPError

from adapters.ocpp.v16.message import ConnectorId, Message, MeterWh, SoftText, Word, read


class Example(Message):
    word: Word = "w"
    text: SoftText = ""
    connector: ConnectorId = 0
    meter: MeterWh = 0


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), ("  a b ", "a b"), (5, "5"), (1.5, "1.5"), (None, ""), ({}, ""), ([], ""), ("x" * 101, "x" * 100)],
)
def test_soft_text_is_never_refused(value: Any, text: str) -> None:
    assert read(Example, {"text": value}).text == text


def test_unknown_fields_are_ignored() -> None:
    assert read(Example, {"vendorField": 1}) == Example()


def test_words_are_stripped() -> None:
    assert read(Example, {"word": " w "}).word == "w"


@pytest.mark.parametrize(
    ("payload", "code", "field"),
    [
        ({"word": ""}, "PropertyConstraintViolation", "word"),
        ({"word": 1}, "TypeConstraintViolation", "word"),
        ({"connector": -1}, "PropertyConstraintViolation", "connector"),
        ({"connector": "1"}, "TypeConstraintViolation", "connector"),
        ({"meter": 10**12 + 1}, "PropertyConstraintViolation", "meter"),
        ({"connector": "1", "meter": "2"}, "TypeConstraintViolation", "connector"),
    ],
)
def test_the_first_wrong_field_is_named_with_the_reason(payload: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(OCPPError) as refused:
        read(Example, payload)
    assert (refused.value.code, refused.value.details["field"]) == (code, field)
    assert refused.value.details["reason"]


def test_the_error_does_not_hold_the_value() -> None:
    with pytest.raises(OCPPError) as refused:
        read(Example, {"word": "S3CRET" * 50})
    assert "S3CRET" not in repr(refused.value.details)
