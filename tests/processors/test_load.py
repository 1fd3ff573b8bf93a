"""The processor `load`: routing, facts that are told on, timers, rejections."""

from __future__ import annotations

import pytest

from domain.errors import DomainError
from domain.load_control.waking import WAKE
from domain.records import input_record, load, registry
from domain.records.load import (
    CapacityChanged,
    ChargerBooted,
    ChargerConnected,
    ChargerDisconnected,
    ChargerStatusChanged,
    CommandAnswered,
    CommandRequested,
    RequestCommand,
)
from domain.records.observations import Booted, CommandAnswer, Configuration, Connected, Disconnected, Status
from domain.records.time import InputRejected, TimerDue, TimerSet
from domain.records.vehicles import CancelSession
from processors.engine.stream import fresh
from processors.load import handlers
from tests.stories.kernel import LOAD, STREAM, Kernel, of_type
from tests.stories.story import START_MS


def command(kernel: Kernel, **changed: object) -> RequestCommand:
    said = {"command_id": "c1", "charger_id": "a", "action": "unlock", "arguments": {"connector_id": "1"}}
    return RequestCommand(**{**said, "expires_ms": kernel.now_ms + 1000, **changed})


def status(charger_id: str = "a", connector_id: int = 1, status: str = "Preparing") -> Status:
    return Status(
        charger_id=charger_id, connector_id=connector_id, status=status, error_code="NoError", charger_time_ms=None
    )


def test_an_input_for_somebody_else_is_refused():
    state = fresh(LOAD, STREAM)
    given = input_record("i", "/t", STREAM, 1, CancelSession(session_id="s"), actor="t")
    with pytest.raises(DomainError) as refused:
        LOAD.decide(state.state, state.observations, given)
    assert refused.value.field == "type"


def test_nothing_is_decided_before_the_site_is_registered():
    kernel = Kernel()
    (event,) = kernel.when(status())
    assert isinstance(event, InputRejected)
    assert event.field == "site_id"


def test_an_unknown_charger_is_refused_by_every_input_that_names_one():
    kernel = Kernel().site()
    answer = CommandAnswer(charger_id="x", command_id="c", status="accepted", detail="")
    inputs = [
        status("x"),
        Connected(charger_id="x", connection_id="1", subprotocol="ocpp1.6"),
        Disconnected(charger_id="x", connection_id="1", reason=""),
        Booted(charger_id="x", vendor="v", model="m", firmware="f"),
        answer,
        command(kernel, charger_id="x"),
    ]
    for data in inputs:
        (event,) = kernel.when(data)
        assert isinstance(event, InputRejected)
        assert event.field == "charger_id"


def test_sites_is_told_the_limits_at_once():
    (told,) = of_type(Kernel().site(limit_a=10).events, CapacityChanged)
    assert told.limits[0].limit_w == 2300
    assert told.fixed == ()


def test_a_charger_needs_a_node_that_exists():
    kernel = Kernel().site()
    kernel.add("a", node="nowhere")
    assert isinstance(kernel.events[-1], InputRejected)
    assert kernel.events[-1].field == "node"


def test_a_new_tree_may_not_leave_a_charger_in_the_air():
    panel = registry.NodeSpec(id="p", parent="root", kind="panel")
    kernel = Kernel().site(nodes=(panel,))
    kernel.add("a", node="p")
    kernel.site()
    assert isinstance(kernel.events[-1], InputRejected)
    assert kernel.events[-1].field == "nodes"
    assert set(kernel.ledger.nodes) == {"root", "p"}


def test_a_charger_described_anew_keeps_what_is_known_of_it():
    kernel = Kernel().site().ready("a")
    kernel.add("a", max_a=16)
    assert kernel.charger("a").outlet.max_ma == 16_000
    assert kernel.charger("a").verified


def test_connections_boots_statuses_and_answers_are_told_on():
    kernel = Kernel().site()
    kernel.add("a")
    assert of_type(kernel.connect("a", "c1"), ChargerConnected)
    assert of_type(kernel.when(Booted(charger_id="a", vendor="v", model="m", firmware="f")), ChargerBooted)
    assert of_type(kernel.when(status()), ChargerStatusChanged)
    assert kernel.when(status()) == []
    assert of_type(kernel.when(status(status="Charging")), ChargerStatusChanged)
    assert isinstance(kernel.when(status(connector_id=65))[0], InputRejected)
    answer = CommandAnswer(charger_id="a", command_id="c1", status="accepted", detail="")
    assert of_type(kernel.when(answer), CommandAnswered)
    assert of_type(kernel.disconnect("a"), ChargerDisconnected)
    assert kernel.when(Configuration(charger_id="a", items=(("k", "v"),))) == []


def test_one_shot_commands_are_passed_on_before_they_expire():
    kernel = Kernel().site()
    kernel.add("a")
    (passed,) = of_type(kernel.when(command(kernel)), CommandRequested)
    assert (passed.command_id, passed.action, passed.expires_ms) == ("c1", "unlock", kernel.now_ms + 1000)
    (event,) = kernel.when(command(kernel, expires_ms=kernel.now_ms))
    assert isinstance(event, InputRejected)
    assert event.field == "expires_ms"


def test_there_is_one_timer_and_it_is_kept_while_cars_charge():
    kernel = Kernel().site(limit_a=64).ready("a")
    kernel.charge("a", 20)
    assert set(kernel.timers) == {WAKE}
    due = min(kernel.timers.values(), default=None)
    assert due is not None
    for _ in range(10):
        last = due
        kernel.run_until(last)
        due = min(kernel.timers.values(), default=None)
        assert due is not None
        assert last < due <= (last // 30_000 + 1) * 30_000


def test_an_idle_site_sleeps():
    kernel = Kernel().site().ready("a")
    kernel.after(3600)
    assert min(kernel.timers.values(), default=None) is None


def test_a_reading_that_changes_nothing_sets_no_timer_and_tells_nothing():
    kernel = Kernel().site(limit_a=64).ready("a")
    kernel.charge("a", 20)
    timers = dict(kernel.timers)
    assert kernel.meter("a", 19.5) == []
    assert kernel.timers == timers


def test_a_timer_that_is_due_with_nothing_to_do_is_harmless():
    kernel = Kernel().site()
    given = input_record("t", "/t", STREAM, START_MS, TimerDue(name=WAKE, due_ms=START_MS), actor="t")
    assert LOAD.decide(kernel.state, kernel.observations, given) == []


def test_after_a_loss_of_observations_the_ledger_still_counts_the_worst():
    kernel = Kernel().site(limit_a=64, firm_a=12).ready("a", "b")
    kernel.charge("a", 20)
    ledger = kernel.ledger
    _, observations = LOAD.initial_state("s")
    given = input_record("t", "/t", STREAM, kernel.now_ms, TimerDue(name=WAKE, due_ms=kernel.now_ms), actor="t")
    observations = LOAD.observe(ledger, observations, given)
    events = LOAD.decide(ledger, observations, given)
    assert [event for event in events if not isinstance(event, TimerSet)] == []
    assert ledger.chargers["a"].possible_ma(kernel.now_ms) == 20_000


def test_every_command_and_observation_of_load_has_a_handler():
    commands = {load.SetGridLimit, load.CommissionCharger, load.RequestCommand}
    assert commands <= handlers.routes.keys()
