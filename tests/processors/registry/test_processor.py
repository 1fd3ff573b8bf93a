"""The registry's processor: an id is taken once, and the state is read back and folded again by the aggregates."""

from __future__ import annotations

import pytest

from commands.log.codec import encode
from domain.records.vehicles import CancelSession
from processors.engine.stream import dump_state, load_state, refold
from processors.registry import Registry
from processors.registry.entity import EntityState
from tests.stories.registry import (
    ADMIN,
    APPROVE,
    CHARGER,
    DRIVER,
    ENTERPRISE,
    SITE,
    SUSPEND,
    VEHICLE,
    given,
    when,
)
from tests.stories.story import START_MS

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
    [event] = when(command, key).recorded
    assert (event.stream, event.causationid, event.time) == (f"registry:{key}", "i1", START_MS)


@pytest.mark.parametrize(("key", "command"), REGISTERED)
def test_an_id_is_taken_once(key, command):
    story = given(command, key=key)
    before = story.state
    story.decide(command).then_rejected("id", "this id is taken")
    assert story.state == before


def test_an_id_is_taken_by_whatever_kind():
    given(SITE).decide(CHARGER).then_rejected("id", "this id is taken")


@pytest.mark.parametrize(("key", "commands"), STREAMS)
def test_the_same_commands_give_the_same_events_byte_for_byte(key, commands):
    first, second = given(*commands, key=key), given(*commands, key=key)
    assert list(map(encode, first.recorded)) == list(map(encode, second.recorded))
    assert dump_state(Registry(), first.whole()) == dump_state(Registry(), second.whole())


@pytest.mark.parametrize(("key", "commands"), STREAMS)
def test_a_state_is_read_back_as_it_was_committed(key, commands):
    state = given(*commands, key=key).whole()
    assert load_state(Registry(), dump_state(Registry(), state)) == state


@pytest.mark.parametrize(("key", "commands"), STREAMS)
def test_a_state_is_folded_again_from_the_events(key, commands):
    story = given(*commands, key=key)
    folded = refold(Registry(), story.stream, story.recorded, {}, False).state
    assert folded == story.state
    assert folded.version == len(commands)


def test_a_rejection_changes_no_state():
    story = when(CancelSession(session_id="s"))
    assert story.state == EntityState("site:north")
    assert refold(Registry(), story.stream, story.recorded, {}, False).state == story.state


def test_what_is_not_for_the_registry_is_rejected():
    when(CancelSession(session_id="s")).then_rejected("type", "is not for the registry")


def test_a_repeated_command_is_handled_once():
    story = given(SITE)
    before = story.whole()
    story.now_ms += 5
    assert story.when(SITE, record_id="i1") == []
    assert story.whole() == before
