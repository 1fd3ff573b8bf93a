"""Payloads that we send: from the classes of the `ocpp` package to JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ocpp.charge_point import remove_nones, serialize_as_dict, snake_to_camel_case

from adapters.ocpp.jobs import Answer, Job
from domain.records import Payload


def as_json(payload: Any) -> dict[str, Any]:
    """One of `ocpp.v16.call` or `ocpp.v16.call_result` in OCPP's own field names, without what is not set."""
    json: dict[str, Any] = snake_to_camel_case(remove_nones(serialize_as_dict(payload)))
    return json


def job_of(request: Any, answered: Callable[[Answer, int], Sequence[Payload]], traceparent: str | None = None) -> Job:
    """The call of a `request`, which is one of `ocpp.v16.call`; the action is the name of its class."""
    return Job(type(request).__name__, as_json(request), answered, traceparent)
