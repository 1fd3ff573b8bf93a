"""The AsyncAPI document of the topics: valid, complete, and what it points to is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from commands.log import codec, topics
from domain.load_control.desired import Desired, DesiredFailsafe, DesiredLease
from domain.records import TYPES, input_record
from domain.records.dead_letters import DeadLetter
from domain.records.load import SetGridLimit
from processors.engine.stream import dump_state, fresh
from processors.load import Load
from services.cli import schemas

SPECIFICATION = Path(__file__).resolve().parents[2] / "api/web/node_modules/@asyncapi/specs/schemas/3.0.0.json"
DOCUMENT = schemas.asyncapi()
CHANNELS = DOCUMENT["channels"]
MESSAGES = DOCUMENT["components"]["messages"]


def references(within: Any) -> Iterator[str]:
    if isinstance(within, dict):
        for name, value in within.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(within, list):
        for value in within:
            yield from references(value)


def test_it_is_what_the_specification_asks_for() -> None:
    validator = Draft7Validator(json.loads(SPECIFICATION.read_text()))

    assert [error.message for error in validator.iter_errors(DOCUMENT)] == []
    broken = DOCUMENT | {"channels": {"events": {"adress": "events"}}}
    assert not validator.is_valid(broken)


def test_every_topic_is_a_channel_that_says_what_is_on_it() -> None:
    assert CHANNELS.keys() == set(topics.ON_BROKERS)
    for topic, channel in CHANNELS.items():
        assert channel["address"] == channel["bindings"]["kafka"]["topic"] == topic
        assert channel["messages"], topic
        assert channel["description"], topic


@pytest.mark.parametrize("name", TYPES)
def test_every_record_type_is_on_a_topic_where_its_kind_belongs(name: str) -> None:
    on = {topic for topic in CHANNELS if name in CHANNELS[topic]["messages"]}
    kind = TYPES[name].record_kind
    if kind == "event":
        assert topics.EVENTS in on
    elif name == DeadLetter.type_name:
        assert on == set(topics.DEAD)
    elif kind == "timer":
        assert on == {topics.TIMERS}
    else:
        assert any(topic.endswith(".inputs") for topic in on), f"nobody takes {name}"
        assert topics.EVENTS not in on


def test_a_channel_is_kept_as_the_topic_is() -> None:
    def told(topic: str) -> tuple[list[str], int]:
        settings = CHANNELS[topic]["bindings"]["kafka"]["topicConfiguration"]
        assert settings["min.insync.replicas"] == 2
        return settings["cleanup.policy"], settings["retention.ms"]

    assert told("events") == (["delete"], -1)
    assert told("sites.inputs") == (["delete"], 30 * 86_400_000)
    assert told("vehicles.inputs") == (["delete"], 7 * 86_400_000)
    assert told("chargers.desired") == told("load.state") == told("timers") == (["compact"], -1)


def test_all_that_it_points_to_is_there() -> None:
    found = list(references(DOCUMENT))

    assert set(MESSAGES) == {name for channel in CHANNELS.values() for name in channel["messages"]}
    assert {f"./{name}.json" for name in [*TYPES, "envelope"]} <= set(found)
    for reference in found:
        if reference.startswith("./"):
            assert (schemas.FOLDER / reference).is_file()
        elif not reference.startswith("#/$defs/"):
            at: Any = DOCUMENT
            for step in reference.removeprefix("#/").split("/"):
                at = at[step]


def validator_of(message: str) -> Draft202012Validator:
    def retrieve(reference: str) -> Resource[Any]:
        return Resource(json.loads((schemas.FOLDER / Path(reference).name).read_text()), DRAFT202012)

    payload = {"$id": "file:///schemas/asyncapi.json", **MESSAGES[message]["payload"]}
    return Draft202012Validator(payload, registry=Registry(retrieve=retrieve))  # type: ignore[call-arg]


def test_a_message_is_what_is_stored() -> None:
    asked = SetGridLimit(cap_id="c", limit_w=1, starts_ms=None, ends_ms=None, reason_code="r")
    stored = json.loads(codec.encode(input_record("i", "/test", "load:a", 1, asked, actor="a")))
    validator = validator_of("load.set_grid_limit.v1")

    assert validator.is_valid(stored)
    assert not validator.is_valid(stored | {"type": "load.set_grid_limit.v2"})
    assert not validator.is_valid(stored | {"data": {"limit_w": "many"}})


def test_rows_that_are_no_records_are_what_is_stored() -> None:
    want = Desired("c", "s", 3, DesiredFailsafe(6_000, 1), DesiredLease("7", 16_000, 2, 9))
    row = json.loads(codec.canonical(want))
    state = json.loads(dump_state(Load(), fresh(Load(), "load:a")))

    assert validator_of("desired").is_valid(row)
    assert not validator_of("desired").is_valid(row | {"phases": None})
    assert validator_of("state").is_valid(state)
    assert not validator_of("state").is_valid({"state": {}})
