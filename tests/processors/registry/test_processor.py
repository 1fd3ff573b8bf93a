"""The registry's processor: an id is taken once, and the state is read back and folded again by the aggregates."""

from __future__ import annotations

import pytest

from domain.records import input_record
from domain.records.vehicles import CancelSession
from processors.engine.stream import Step, dump_state, load_state, refold, step
from processors.registry import Registry
from processors.registry.entity import EntityState
from tests.processors.registry.story import (
    ADMIN,
    APPROVE,
    CHARGER,
    DRIVER,
    ENTERPRISE,
    NOW_MS,
    SITE,
    SUSPEND,
    VEHICLE,
    given,
    when,
)

REGISTERED = [
    ("site:north", SITE),
    ("charger:CP1", CHARGER),
    ("vehicle:v", VEHICLE),
    ("account:d", DRIVER),
    ("account:a", ADMIN),
    ("enterprise:e", ENTERPRISE),
]
STREAMS = [*((key, (command,)) for key, command in REGISTERED), ("enterprise:e", (ENTERPRISE, APPROVE, SUSPEND))]


@pytest.mark.parametrize(("key", "command"), REGISTERED)
def test_an_event_names_its_stream_its_cause_and_the_time_of_the_command(key, command):
    [event] = when(command, key).events
    assert (event.stream, event.causationid, event.time) == (f"registry:{key}", "i0", NOW_MS)


@pytest.mark.parametrize(("key", "command"), REGISTERED)
def test_an_id_is_taken_once(key, command):
    story = given(command, key=key)
    before = story.state
    story.when(command).then_rejected("id", "this id is taken")
    assert story.state == before


def test_an_id_is_taken_by_whatever_kind():
    given(SITE).when(CHARGER).then_rejected("id", "this id is taken")


@pytest.mark.parametrize(("key", "commands"), STREAMS)
def test_the_same_commands_give_the_same_events_byte_for_byte(key, commands):
    first, second = given(*commands, key=key), given(*commands, key=key)
    assert first.events == second.events
    assert dump_state(Registry(), first.last.after) == dump_state(Registry(), second.last.after)


@pytest.mark.parametrize(("key", "commands"), STREAMS)
def test_a_state_is_read_back_as_it_was_committed(key, commands):
    after = given(*commands, key=key).last.after
    assert load_state(Registry(), dump_state(Registry(), after)) == after


@pytest.mark.parametrize(("key", "commands"), STREAMS)
def test_a_state_is_folded_again_from_the_events(key, commands):
    story, events = given(key=key), []
    for command in commands:
        events += story.when(command).events
    folded = refold(Registry(), story.stream, events, {}, False).state
    assert folded == story.state
    assert folded.version == len(commands)


def test_a_rejection_changes_no_state():
    story = when(CancelSession(session_id="s"))
    assert story.state == EntityState("site:north")
    assert refold(Registry(), story.stream, story.events, {}, False).state == story.state


def test_what_is_not_for_the_registry_is_rejected():
    when(CancelSession(session_id="s")).then_rejected("type", "is not for the registry")


def test_a_repeated_command_is_handled_once():
    story = given(SITE)
    repeat = input_record("i0", "/test", story.stream, NOW_MS, SITE, actor="t")
    assert step(Registry(), story.last.after, repeat._replace(time=NOW_MS + 5), "b") == Step(story.last.after)
