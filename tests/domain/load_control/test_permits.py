"""Room for a transaction's first current."""

from __future__ import annotations

from domain.records.load import (
    CapacityChanged,
    CommandRequested,
    LimitDesired,
    PermitSought,
    RequestCommand,
    StartWaits,
    TransactionPermitted,
    TransactionRefused,
    TransactionStarted,
)
from domain.records.observations import Status
from domain.records.time import InputRejected
from tests.stories.kernel import Kernel
from tests.stories.story import of_type, one


def full(limit_a: float = 40) -> Kernel:
    """One car takes all there is; charger b is free."""
    kernel = Kernel().site(limit_a=limit_a, firm_a=12).ready("a", "b")
    kernel.charge("a", limit_a if limit_a <= 32 else 32)
    return kernel


def test_where_there_is_room_it_is_set_aside():
    kernel = full()
    (permit,) = of_type(kernel.request("b"), TransactionPermitted)
    assert (permit.start_ma, permit.expires_ms) == (6_000, kernel.now_ms + 60_000)
    assert kernel.counted("b") == 6_000
    assert dict(of_type(kernel.events, CapacityChanged)[-1].fixed) == {"b": 6_000}


def test_room_is_given_back_when_nobody_starts():
    kernel = full()
    kernel.request("b")
    kernel.after(119)
    assert kernel.counted("b") == 6_000
    events = kernel.after(1)
    assert kernel.counted("b") == 0
    assert of_type(events, CapacityChanged)[-1].fixed == ()


def test_where_there_is_none_it_is_made_by_sites():
    kernel = full(32)
    events = kernel.request("b")
    assert of_type(events, StartWaits, TransactionRefused)[0].start_ma == 6_000
    assert dict(of_type(events, CapacityChanged)[-1].fixed) == {"b": 6_000}
    kernel.targets(a=26)
    kernel.answer("a")
    kernel.after(6)
    (permit,) = of_type(kernel.meter("a", 26), TransactionPermitted)
    assert permit.request_id == "r"


def test_where_sites_does_nothing_the_kernel_makes_it():
    kernel = full(32)
    kernel.request("b")
    (cut,) = of_type(kernel.after(10), LimitDesired)
    assert (cut.charger_id, cut.limit_ma) == ("a", 26_000)
    kernel.answer("a")
    kernel.after(6)
    assert of_type(kernel.meter("a", 26), TransactionPermitted) != []


def test_after_20_s_it_is_refused():
    kernel = full(32)
    kernel.request("b")
    assert of_type(kernel.after(19.9), TransactionRefused) == []
    (refused,) = of_type(kernel.after(0.1), TransactionRefused)
    assert "no room" in refused.reason
    assert kernel.charger("b").pending_start is None
    assert of_type(kernel.events, CapacityChanged)[-1].fixed == ()


def test_raises_leave_room_for_a_start_that_waits():
    kernel = full(32)
    kernel.targets(a=26)
    kernel.request("b")
    kernel.targets(a=32)
    kernel.answer("a")
    kernel.targets(a=20)
    kernel.answer("a")
    kernel.after(6)
    events = kernel.meter("a", 20)
    assert of_type(events, TransactionPermitted) != []
    assert [event.limit_ma for event in of_type(kernel.targets(a=32), LimitDesired)] == [26_000]


def test_a_later_request_does_not_overtake_one_that_waits():
    kernel = Kernel().site(limit_a=32, firm_a=18).ready("a", "b", "c")
    kernel.charge("a", 30)
    kernel.request("b", "first")
    assert of_type(kernel.request("c", "second"), StartWaits) != []
    kernel.targets(a=22)
    kernel.answer("a")
    kernel.after(6)
    assert [event.request_id for event in of_type(kernel.meter("a", 22), TransactionPermitted)] == ["first"]


def test_who_asks_again_takes_the_place_of_her_first_request():
    kernel = full(32)
    kernel.request("b", "one")
    assert [event.request_id for event in of_type(kernel.request("b", "two"), TransactionRefused)] == ["one"]
    assert kernel.request("b", "two") == []


def test_a_charger_that_is_offline_or_broken_is_refused():
    kernel = full()
    kernel.when(Status(charger_id="b", evse_id=1, status="faulted", error_code="other_error", charger_time_ms=None))
    assert of_type(kernel.request("b"), TransactionRefused) != []
    kernel.when(Status(charger_id="b", evse_id=1, status="available", error_code="no_error", charger_time_ms=None))
    assert of_type(kernel.request("b"), TransactionPermitted) != []
    kernel.disconnect("b")
    assert of_type(kernel.request("b"), TransactionRefused) != []


def test_one_that_goes_offline_while_it_waits_is_refused():
    kernel = full(32)
    kernel.request("b")
    assert of_type(kernel.disconnect("b"), TransactionRefused) != []


def test_to_stop_at_a_charger_in_use_needs_no_room():
    kernel = full(32)
    (permit,) = of_type(kernel.request("a"), TransactionPermitted)
    assert permit.start_ma == 0
    assert kernel.charger("a").permit is None


def test_a_start_at_a_charger_whose_stop_is_late_needs_room_and_gets_it():
    kernel = Kernel().site(firm_a=6).ready("a")
    kernel.charge("a", 16)
    kernel.when(Status(charger_id="a", evse_id=1, status="available", error_code="no_error", charger_time_ms=None))
    (permit,) = of_type(kernel.request("a", "next"), TransactionPermitted)
    assert (permit.start_ma, permit.expires_ms) == (6_000, kernel.now_ms + 60_000)
    kernel.stop("a")
    assert kernel.counted("a") == 6_000
    kernel.start("a", charger_time_ms=kernel.now_ms + 1)
    assert kernel.charger("a").transaction.permitted


def test_a_start_whose_message_is_late_is_still_permitted():
    kernel = full()
    kernel.request("b")
    kernel.after(110)
    assert of_type(kernel.start("b"), TransactionStarted)[0].permitted


def test_a_remote_start_needs_room_too():
    def ask(charger_id: str) -> RequestCommand:
        return RequestCommand(
            command_id=f"cmd-{charger_id}",
            charger_id=charger_id,
            action="remote_start",
            arguments={"id_tag": "x"},
            expires_ms=kernel.now_ms + 1000,
        )

    kernel = full()
    events = kernel.when(ask("b"))
    assert of_type(events, TransactionPermitted)[0].request_id == "cmd-b"
    assert of_type(events, CommandRequested)[0].action == "remote_start"
    assert isinstance(kernel.when(ask("a"))[0], InputRejected)
    kernel = full(32)
    (event,) = kernel.when(ask("b"))
    assert isinstance(event, InputRejected)
    assert "room" in event.reason


def test_a_permit_is_not_used_by_a_card_that_was_blocked_meanwhile():
    kernel = Kernel().site().ready("a")
    kernel.request("a")
    assert not one(TransactionStarted, kernel.start("a", card="blocked")).permitted
    assert one(PermitSought, kernel.events).card == "blocked"
    assert kernel.charger("a").lease.limit_ma == 0
