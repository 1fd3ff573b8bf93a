"""The step of a stream: repeats, stale timers, rejections, ids that follow from causes, states that survive."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.records import input_record
from domain.records.time import InputRejected, StreamUnparked, TimerDue
from domain.records.vehicles import CancelRequested
from processors.engine.stream import dump_state, fresh, load_state, refold, step
from processors.routes import messages
from tests.processors.counting import Count, Counting, Learnt, command

PROCESSOR = Counting()
STREAM = "load:x"


def given_state():
    return fresh(PROCESSOR, STREAM)


def test_an_event_follows_from_its_cause():
    done = step(PROCESSOR, given_state(), command("s"), "b1")
    (event,) = done.events
    assert event.data == CancelRequested(session_id="s", site_id="at 0")
    assert (event.causationid, event.correlationid, event.build, event.time) == ("i1", "i1", "b1", 1000)
    assert done.after.state == Count(1)
    assert step(PROCESSOR, given_state(), command("s"), "b1").events == done.events


def test_messages_and_timers_have_no_number_and_events_have():
    state, numbers, others = given_state(), [], []
    for number, session_id in enumerate(("a", "wake", "no", "b")):
        done = step(PROCESSOR, state, command(session_id, f"i{number}"), "b1")
        numbers += [event.sequence for event in done.events]
        others += [message.sequence for event in done.events for _, message in messages(event)]
        others += [record.sequence for _, record in done.timers if record is not None]
        state = done.after
    assert (numbers, state.sequence, others) == ([1, 2, 3], 3, [0, 0, 0])


def test_a_repeated_input_has_no_second_effect():
    once = step(PROCESSOR, given_state(), command("s"), "b").after
    twice = step(PROCESSOR, once, command("s"), "b")
    assert twice.events == ()
    assert twice.after is once


def test_a_command_id_with_another_body_is_rejected():
    once = step(PROCESSOR, given_state(), command("s"), "b").after
    (event,) = step(PROCESSOR, once, command("other"), "b").events
    assert isinstance(event.data, InputRejected)
    assert event.data.field == "id"


def test_observations_are_recognised_among_the_last_256():
    due = TimerDue(name="tick", due_ms=1010)
    state = step(PROCESSOR, given_state(), command("wake"), "b").after
    first = input_record("t1", "/timekeeper", STREAM, 1010, due, actor="t")
    done = step(PROCESSOR, state, first, "b")
    assert len(done.events) == 1
    again = step(PROCESSOR, replace(done.after, timers={"tick": 1010}), first, "b")
    assert again.events == ()


def test_a_rule_that_says_no_rejects_and_keeps_the_state():
    done = step(PROCESSOR, given_state(), command("no"), "b")
    (event,) = done.events
    assert event.data == InputRejected(
        input_id="i1",
        input_type="vehicles.cancel_session.v1",
        rule="test.v1",
        field="session_id",
        reason="not that one",
    )
    assert done.after.observations == Learnt()


def test_a_timer_is_set_fires_once_and_a_stale_one_is_dropped():
    state = step(PROCESSOR, given_state(), command("wake"), "b").after
    assert state.timers == {"tick": 1010}
    stale = input_record("t0", "/t", STREAM, 1010, TimerDue(name="tick", due_ms=999), actor="t")
    assert step(PROCESSOR, state, stale, "b").events == ()
    due = input_record("t1", "/t", STREAM, 1010, TimerDue(name="tick", due_ms=1010), actor="t")
    done = step(PROCESSOR, state, due, "b")
    assert done.timers == (("tick", None),)
    assert done.after.timers == {}


def test_time_of_a_stream_never_goes_back():
    state = step(PROCESSOR, given_state(), command("s", "i1", 5000), "b").after
    (event,) = step(PROCESSOR, state, command("s", "i2", 4000), "b").events
    assert event.time == 5000


def test_a_state_is_read_back_as_it_was():
    state = step(PROCESSOR, given_state(), command("wake"), "b").after
    assert load_state(PROCESSOR, dump_state(PROCESSOR, state)) == state


def test_a_state_of_another_shape_is_not_read():
    body = dump_state(PROCESSOR, given_state()).replace(b'"shape":"', b'"shape":"0')
    assert load_state(PROCESSOR, body) is None


def test_a_state_read_back_has_its_mappings_in_the_order_that_the_rules_saw():
    state = replace(given_state(), timers={"second": 2, "first": 1})
    loaded = load_state(PROCESSOR, dump_state(PROCESSOR, state))
    assert list(loaded.timers) == ["second", "first"]


def test_the_fold_comes_back_from_the_events():
    done = step(PROCESSOR, given_state(), command("s"), "b")
    again = refold(PROCESSOR, STREAM, done.events, {}, parked=False)
    assert again.state == done.after.state
    assert "i1" in again.recent


def test_unparking_lets_a_stream_go_on():
    state = replace(given_state(), parked=True)
    unpark = input_record("u", "/operator", STREAM, 1, StreamUnparked(), actor="op")
    assert not step(PROCESSOR, state, unpark, "b").after.parked


def test_a_defect_leaves_the_step():
    with pytest.raises(ZeroDivisionError):
        step(PROCESSOR, given_state(), command("broken"), "b")
