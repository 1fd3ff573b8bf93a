"""The routes of a processor."""

from __future__ import annotations

import pytest

from domain.errors import DomainError
from domain.records import Payload, input_record
from domain.records.time import StreamUnparked, TimerDue, TimerSet
from processors.engine.routing import Handlers


def handlers_with_calls() -> tuple[Handlers[str], list[tuple[str, str, Payload]]]:
    """One handler of one type and one of two; each call is noted with the handler's name."""
    handlers = Handlers[str]("a test", rule="test.route.v1")
    calls: list[tuple[str, str, Payload]] = []

    @handlers.on(TimerDue)
    def one(context: str, event: TimerDue) -> None:
        calls.append(("one", context, event))

    @handlers.on(TimerSet, StreamUnparked)
    def two(context: str, event: TimerSet | StreamUnparked) -> None:
        calls.append(("two", context, event))

    return handlers, calls


@pytest.mark.parametrize(
    ("payload", "name"),
    [(TimerDue(name="t", due_ms=1), "one"), (TimerSet(name="t", due_ms=1), "two"), (StreamUnparked(), "two")],
)
def test_an_input_is_handled_by_the_handler_of_its_type(payload: Payload, name: str) -> None:
    handlers, calls = handlers_with_calls()
    given = input_record("i1", "/test", "test:s", 1, payload, actor="t")
    handlers.of(given)("the context", given.data)
    assert calls == [(name, "the context", payload)]


def test_an_input_without_a_route_is_rejected_with_its_type() -> None:
    handlers = Handlers[str]("a test", rule="test.route.v1")
    given = input_record("i1", "/test", "test:s", 1, TimerDue(name="t", due_ms=1), actor="t")
    with pytest.raises(DomainError) as error:
        handlers.of(given)
    assert (error.value.reason, error.value.field) == (f"{given.type} is not for a test", "type")
    assert error.value.rule == "test.route.v1"
