"""What all inbound messages have in common: a part that can't be read is dropped with its reason, nothing beside it."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.exceptions import OCPPError
from pydantic import Field

from adapters.ocpp.v16.message import (
    ConnectorId,
    ListOf,
    Message,
    MeterWh,
    Needed,
    Readable,
    SoftText,
    Whole,
    Word,
    read,
)


class Part(Message):
    number: Readable[Whole] = None


class Example(Message):
    word: Readable[Word] = None
    text: SoftText = ""
    connector: Readable[ConnectorId] = None
    meter: Readable[MeterWh] = None
    parts: ListOf[Part] = Field(default_factory=list)


class Strict(Message):
    word: Needed[Word] = None


def read_example(payload: Any) -> tuple[Example, list[tuple[str, str]]]:
    """(the message, what was dropped of it and why)."""
    dropped: list[tuple[str, str]] = []
    return read(Example, payload, lambda field, reason: dropped.append((field, reason))), dropped


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), ("  a b ", "a b"), (5, "5"), (1.5, "1.5"), (None, ""), ({}, ""), ([], ""), ("x" * 101, "x" * 100)],
)
def test_soft_text_is_never_refused(value: Any, text: str) -> None:
    assert read_example({"text": value}) == (Example(text=text), [])


def test_unknown_fields_are_ignored() -> None:
    assert read_example({"vendorField": 1}) == (Example(), [])


@pytest.mark.parametrize(
    ("value", "word"), [(" w ", "w"), (5, "5"), (1234.0, "1234"), ("a\0b\n", "ab"), ("x" * 255, "x" * 255)]
)
def test_a_word_may_be_padded_or_a_number(value: Any, word: str) -> None:
    assert read_example({"word": value}) == (Example(word=word), [])


@pytest.mark.parametrize("value", [7, 7.0, "7", " 7 ", "7.0", "7e0"])
def test_a_whole_number_comes_in_many_forms(value: Any) -> None:
    assert read_example({"connector": value, "parts": [{"number": value}]}) == (
        Example(connector=7, parts=[Part(number=7)]),
        [],
    )


@pytest.mark.parametrize("value", [9500.4, "9500.4", 9500, "9500", 9500.0])
def test_watt_hours_may_come_with_tenths(value: Any) -> None:
    assert read_example({"meter": value}) == (Example(meter=9500), [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("word", ""),
        ("word", " \0"),
        ("word", {}),
        ("word", []),
        ("word", True),
        ("word", "x" * 256),
        ("connector", -1),
        ("connector", 1001),
        ("connector", 1.5),
        ("connector", "one"),
        ("connector", True),
        ("connector", "9" * 5_000),
        ("connector", [1]),
        ("meter", -1),
        ("meter", 10**12 + 1),
        ("meter", "NaN"),
        ("meter", "inf"),
        ("meter", 10**400),
        ("meter", {}),
        ("parts", 5),
        ("parts", "x"),
        ("parts", [5]),
    ],
)
def test_a_part_that_can_not_be_read_is_dropped_with_the_reason_and_nothing_else(field: str, value: Any) -> None:
    good = {"word": "w", "text": "t", "connector": 1, "meter": 2, "parts": [{"number": 3}]}
    message, dropped = read_example(good | {field: value})
    assert message == Example.model_validate({**good, field: [] if field == "parts" else None})
    assert [name for name, _ in dropped] == [field]
    assert dropped[0][1]


@pytest.mark.parametrize("payload", [{"word": None, "connector": None, "parts": None}, {}])
def test_null_is_not_sent(payload: Any) -> None:
    assert read_example(payload) == (Example(), [])


def test_one_object_is_a_list_of_one() -> None:
    assert read_example({"parts": {"number": 1}}) == (Example(parts=[Part(number=1)]), [])


def test_of_a_list_the_good_items_are_read() -> None:
    message, dropped = read_example({"parts": [5, {"number": 1}, {"number": "x"}, None, {"number": 2}]})
    assert [part.number for part in message.parts] == [1, None, 2]
    assert [name for name, _ in dropped] == ["parts", "number", "parts"]


def test_of_a_list_too_long_the_last_are_read() -> None:
    message, dropped = read_example({"parts": [{"number": number} for number in range(501)]})
    assert [message.parts[0].number, message.parts[-1].number, len(message.parts)] == [1, 500, 500]
    assert [name for name, _ in dropped] == ["parts"]


@pytest.mark.parametrize("payload", [{}, {"word": None}])
def test_a_needed_part_is_missed_aloud(payload: Any) -> None:
    dropped: list[tuple[str, str]] = []
    assert read(Strict, payload, lambda field, reason: dropped.append((field, reason))).word is None
    assert dropped == [("word", "it is missing")]


def test_the_reason_does_not_hold_the_value() -> None:
    _, dropped = read_example({"word": "S3CRET" * 50})
    assert "S3CRET" not in repr(dropped)


@pytest.mark.parametrize("payload", ["x", 5, [1, 2]])
def test_what_is_no_object_is_refused(payload: Any) -> None:
    with pytest.raises(OCPPError) as refused:
        read_example(payload)
    assert refused.value.details == {"field": "payload", "reason": "an object is needed"}
