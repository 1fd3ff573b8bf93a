"""Of several sockets the newest speaks for its charger: what an older one still says of now is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.load_control.desired import Owner
from domain.load_control.ownership import RULE
from domain.records import Payload
from domain.records.load import (
    ChargerConnected,
    ChargerDisconnected,
    CommandRequested,
    RequestCommand,
    TransactionStarted,
    TransactionStopped,
)
from domain.records.observations import (
    Booted,
    CommandAnswer,
    Connected,
    Disconnected,
    Metered,
    ProfileAnswer,
    Status,
    TransactionStart,
    TransactionStop,
    source_of,
)
from domain.records.time import InputRejected
from processors.load import Load
from tests.stories.kernel import Kernel

OLD, NEW = source_of("old"), source_of("new")


def connect(kernel: Kernel, connection_id: str, gateway_id: str, *, again: bool = False) -> list[Payload]:
    told = Connected(
        charger_id="a", connection_id=connection_id, subprotocol="ocpp1.6", gateway_id=gateway_id, again=again
    )
    return kernel.when(told)


def moved() -> Kernel:
    """A charger in a transaction, that came to gateway B on a new socket."""
    kernel = Kernel().site(limit_a=44, firm_a=12).ready("a")
    connect(kernel, "old", "A")
    kernel.charge("a", 32)
    connect(kernel, "new", "B")
    return kernel


def status() -> Status:
    return Status(charger_id="a", evse_id=1, status="faulted", error_code="other_error", charger_time_ms=None)


def start(kernel: Kernel) -> TransactionStart:
    return TransactionStart(
        charger_id="a",
        evse_id=1,
        token_ref="other",
        vehicle_id=None,
        meter_start_wh=9,
        charger_time_ms=kernel.now_ms,
    )


def meter(kernel: Kernel) -> Metered:
    return Metered(
        charger_id="a",
        evse_id=1,
        transaction_id=None,
        charger_time_ms=kernel.now_ms,
        current_ma=(0, 0, 0),
        power_w=None,
        energy_wh=None,
        fresh=True,
    )


def answer(kernel: Kernel) -> ProfileAnswer:
    generation = kernel.charger("a").lease.ask.generation
    return ProfileAnswer(charger_id="a", purpose="lease", generation=generation, status="accepted")


def saying(what: str, kernel: Kernel) -> Payload:
    return {"status": status(), "start": start(kernel), "meter": meter(kernel), "answer": answer(kernel)}[what]


@pytest.mark.parametrize("what", ["status", "start", "meter", "answer"])
def test_what_an_older_socket_says_of_now_is_refused_and_changes_nothing(what: str) -> None:
    kernel = moved()
    before, learnt = kernel.ledger, kernel.observations
    (refused,) = kernel.when(saying(what, kernel), source=OLD)
    assert isinstance(refused, InputRejected)
    assert (refused.rule, refused.field, refused.reason) == (RULE, "source", "a newer socket speaks for this charger")
    assert kernel.ledger == before
    assert kernel.observations == learnt


@pytest.mark.parametrize("what", ["status", "start", "meter", "answer"])
@pytest.mark.parametrize("source", [NEW, "/ocpp"])
def test_the_newest_socket_is_heard_and_a_source_without_a_socket(what: str, source: str) -> None:
    kernel = moved()
    assert not any(isinstance(event, InputRejected) for event in kernel.when(saying(what, kernel), source=source))


def test_an_older_sockets_boot_adds_doubt() -> None:
    """Nobody would tell of it again."""
    kernel = moved()
    kernel.when(Booted(charger_id="a", vendor="v", model="m", firmware="f"), source=OLD)
    assert kernel.charger("a").failsafe.doubted_ms == kernel.now_ms


def test_an_older_sockets_stop_ends_the_transaction_that_it_names() -> None:
    kernel = moved()
    transaction = kernel.charger("a").transaction
    told = TransactionStop(
        charger_id="a", transaction_id=transaction.id, meter_stop_wh=5000, charger_time_ms=1, reason="local"
    )
    assert [event.transaction_id for event in kernel.when(told, source=OLD) if isinstance(event, TransactionStopped)]


def test_a_start_that_came_too_late_on_the_older_socket_is_the_same_start_on_the_newer() -> None:
    kernel = moved()
    kernel.stop("a")
    told = start(kernel)
    assert isinstance(kernel.when(told, record_id="late", source=OLD)[0], InputRejected)
    first = [
        event for event in kernel.when(told, record_id="first", source=NEW) if isinstance(event, TransactionStarted)
    ]
    again = [
        event for event in kernel.when(told, record_id="again", source=NEW) if isinstance(event, TransactionStarted)
    ]
    assert [event.duplicate_of for event in first + again] == [None, "first"]
    assert [one.id for one in kernel.charger("a").transactions] == [first[0].transaction_id]


def test_each_newer_socket_has_a_higher_epoch() -> None:
    kernel = moved()
    (one, two, three) = [event for event in kernel.events if isinstance(event, ChargerConnected)]
    assert [one.epoch, two.epoch, three.epoch] == [1, 2, 3]
    assert (three.gateway_id, three.connection_id) == ("B", "new")


def test_desired_limits_are_for_the_newest_socket_and_for_nobody_when_it_is_gone() -> None:
    kernel = moved()

    def told() -> list[Owner | None]:
        return [row.owner for event in events for row in Load().desired(kernel.ledger, event)]

    events = connect(kernel, "newest", "C")
    assert told()
    assert set(told()) == {Owner("C", "newest", 4)}
    events = kernel.when(Disconnected(charger_id="a", connection_id="newest", reason="gone"))
    assert isinstance(events[0], ChargerDisconnected)
    assert set(told()) == {None}


def test_a_command_is_for_the_gateway_that_holds_the_charger() -> None:
    kernel = moved()

    def asked(command_id: str) -> list[str]:
        expires_ms = kernel.now_ms + 60_000
        command = RequestCommand(
            command_id=command_id, charger_id="a", action="reset", arguments={}, expires_ms=expires_ms
        )
        return [event.gateway_id for event in kernel.when(command) if isinstance(event, CommandRequested)]

    assert asked("one") == ["B"]
    kernel.disconnect("a")
    assert asked("two") == [""]
    late = CommandAnswer(charger_id="a", command_id="one", status="accepted", detail="")
    assert not any(isinstance(event, InputRejected) for event in kernel.when(late, source=OLD))


def test_a_socket_that_was_given_up_by_mistake_owns_its_charger_again() -> None:
    kernel = moved()
    kernel.disconnect("a")
    (connected, *_) = connect(kernel, "new", "B", again=True)
    assert connected == ChargerConnected(charger_id="a", connection_id="new", gateway_id="B", epoch=4)
    assert kernel.charger("a").connected


@pytest.mark.parametrize("given_up", [True, False])
def test_an_older_socket_that_was_given_up_takes_nothing_back(given_up: bool) -> None:
    kernel = moved()
    if given_up:
        kernel.disconnect("a")
    assert connect(kernel, "old", "A", again=True) == []


def test_a_socket_that_was_not_given_up_is_not_told_again() -> None:
    assert connect(moved(), "new", "B", again=True) == []


@given(st.lists(st.tuples(st.sampled_from(["opens", "still open", "closes"]), st.integers(0, 4)), max_size=20))
def test_whatever_order_sockets_come_and_go_in_the_newest_owns_the_charger(said: list[tuple[str, int]]) -> None:
    """Connects and disconnects of five sockets, also late, twice, or of one that never came."""
    kernel = Kernel().site()
    kernel.add("a")
    newest, last, row = "", "", None
    for what, number in said:
        socket = f"s{number}"
        if what == "opens":
            events, newest, last = connect(kernel, socket, "A"), socket, socket
        elif what == "still open":
            events = connect(kernel, socket, "A", again=True)
            newest = socket if socket == last else newest
        else:
            events = kernel.when(Disconnected(charger_id="a", connection_id=socket, reason="gone"))
            newest = "" if socket == newest else newest
        rows = [row for event in events for row in Load().desired(kernel.ledger, event)]
        row = rows[-1] if rows else row
        owner = row.owner if row else None
        assert (owner.connection_id if owner else "") == newest
    epochs = [event.epoch for event in kernel.events if isinstance(event, ChargerConnected)]
    assert epochs == list(range(1, len(epochs) + 1))
