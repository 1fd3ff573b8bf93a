"""Upcasters: the data of a record of an old version in the shape of the next version.

A type that had to change is a new type (`.v2`). The model of the old one goes, and a pure function stands for it here,
which makes the next version's data of the old one's: one step a version, chained until the present one. Readers of the
log see present versions only; what is stored is never rewritten.

    @upcasts("site.example.v1")
    def _example_v1(data: Data) -> Data:
        return {**data, "added": 0}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Data = dict[str, Any]
"""The data of a record, as JSON has it."""
Upcaster = Callable[[Data], Data]

UPCASTERS: dict[str, Upcaster] = {}
"""Old version of a type -> the step to the next one. The schema of each stays in `schemas/` as history."""


def upcasts(name: str) -> Callable[[Upcaster], Upcaster]:
    """Register the step from the version `name` of a type to the next one."""

    def register(step: Upcaster) -> Upcaster:
        if name in UPCASTERS:
            raise ValueError(f"there are two upcasters of {name}")
        UPCASTERS[name] = step
        return step

    return register


def next_version(name: str) -> str:
    """The version after `name`: `site.example.v2` after `site.example.v1`."""
    stem, _, version = name.rpartition(".v")
    return f"{stem}.v{int(version) + 1}"


def present_name(name: str) -> str:
    """The version under which readers see a type that was recorded as `name`."""
    while name in UPCASTERS:
        name = next_version(name)
    return name


def upcast(name: str, data: Data) -> Data:
    """The data of a record of the type `name`, in the shape of its present version."""
    while name in UPCASTERS:
        name, data = next_version(name), UPCASTERS[name](data)
    return data


@upcasts("site.eta_changed.v1")
def _eta_changed_v1(data: Data) -> Data:
    """The old version listed the whole queue; the new one lists what changed, here all of it."""
    turns = dict(data["sessions"])
    sessions = [{**one, "turn_at_ms": turns.get(one["session_id"])} for one in data["standings"]]
    return {"sessions": sessions, "chargers": data["chargers"]}
