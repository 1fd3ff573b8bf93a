"""What a charger's answers mean."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.ocpp.frames import CallError, CallResult
from adapters.ocpp.jobs import Answer
from adapters.ocpp.v16.answers import answer_of


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("Accepted", "accepted"),
        ("RebootRequired", "accepted"),
        ("Scheduled", "accepted"),
        ("Unlocked", "accepted"),
        ("Rejected", "rejected"),
        ("UnlockFailed", "rejected"),
        ("NotSupported", "not_supported"),
        ("Odd", "rejected"),
    ],
)
def test_a_status_has_a_meaning_and_is_kept_as_the_detail(status: str, meaning: Any) -> None:
    payload = {"status": status}
    assert answer_of(CallResult("m", payload)) == Answer(meaning, status, payload)


@pytest.mark.parametrize("status", ["accepted", "ACCEPTED", " Accepted "])
def test_a_status_may_be_in_another_case_and_padded(status: str) -> None:
    assert answer_of(CallResult("m", {"status": status})) == Answer("accepted", "Accepted", {"status": status})


def test_without_a_status_it_is_accepted() -> None:
    assert answer_of(CallResult("m", {"a": 1})) == Answer("accepted", "", {"a": 1})


@pytest.mark.parametrize("payload", [[], None, "yes", 5])
def test_what_is_no_object_is_a_refusal(payload: Any) -> None:
    assert answer_of(CallResult("m", payload)) == Answer("rejected", "the answer is no object")


@pytest.mark.parametrize(
    ("code", "meaning"),
    [("NotImplemented", "not_supported"), ("NotSupported", "not_supported"), ("InternalError", "rejected")],
)
def test_an_error_code_has_a_meaning(code: str, meaning: Any) -> None:
    assert answer_of(CallError("m", code, "so")) == Answer(meaning, f"{code} so")


def test_a_long_detail_is_cut() -> None:
    assert len(answer_of(CallError("m", "X", "y" * 500)).detail) == 200
    assert len(answer_of(CallResult("m", {"status": "y" * 500})).detail) == 200
