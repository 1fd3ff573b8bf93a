"""The catalogue of record types: every payload on the log is registered here under a stable, versioned name."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

Kind = Literal["command", "observation", "event", "timer"]


class Payload(BaseModel):
    """The data of a record: integers, strings, booleans, None, and tuples and mappings of them; never a float."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type_name: ClassVar[str]
    record_kind: ClassVar[Kind]


class Decision(Payload):
    """A decision by `rule`; `reason` is for people. `domain/proof.py` lists the rules that can be called again."""

    rule: str
    reason: str


TYPES: dict[str, type[Payload]] = {}
P = TypeVar("P", bound=type[Payload])


def record_type(name: str, kind: Kind) -> Callable[[P], P]:
    """Register a payload under `name`, e.g. `site.grid_limit_set.v1`: never a Python path, never renamed."""

    def register(payload: P) -> P:
        if name in TYPES:
            raise ValueError(f"record type {name} is registered twice")
        payload.type_name = name
        payload.record_kind = kind
        TYPES[name] = payload
        return payload

    return register
