"""A charger with several connectors: each is an outlet that the kernel counts, limits and confirms by itself."""

from __future__ import annotations

from domain.records import load, registry
from domain.records.observations import Booted, Status
from tests.stories.kernel import Kernel
from tests.stories.story import of_type, rejection


def two_connectors(*, limit_a: float = 100, firm_a: float = 24) -> Kernel:
    kernel = Kernel().site(limit_a=limit_a, firm_a=firm_a)
    specs = tuple(
        registry.ConnectorSpec(connector_id=number, node="root", phases=(0,), max_ma=32_000, min_ma=6_000)
        for number in (1, 2)
    )
    kernel.add("d", connectors=specs)
    kernel.connect("d")
    return kernel.verified("d:1", "d:2")


def status(kernel: Kernel, evse_id: int, status: str) -> list:
    return kernel.when(
        Status(charger_id="d", evse_id=evse_id, status=status, error_code="no_error", charger_time_ms=None)
    )


def test_one_socket_connects_every_outlet_and_its_end_disconnects_them():
    kernel = two_connectors()
    assert all(kernel.charger(outlet).connected for outlet in ("d:1", "d:2"))
    kernel.disconnect("d:2")
    assert not any(kernel.charger(outlet).connected for outlet in ("d:1", "d:2"))


def test_each_outlet_has_a_fail_safe_limit_so_a_profile_on_connector_0_counts_once_for_each():
    kernel = two_connectors(firm_a=24)
    assert kernel.ledger.failsafe_plan == {"d:1": 12_000, "d:2": 12_000}


def test_a_transaction_on_one_connector_leaves_the_other_ones_alone():
    kernel = two_connectors()
    kernel.charge("d:1", 20)
    first = kernel.charger("d:1").transactions
    kernel.charge("d:2", 10)
    assert kernel.charger("d:1").transactions == first
    assert [one.evse_id for one in kernel.charger("d:2").transactions] == [2]
    assert ("two_transactions", "d:1") not in kernel.ledger.alarms
    kernel.stop("d:2")
    assert kernel.charger("d:1").transactions == first


def test_a_stop_of_no_readable_transaction_ends_that_of_another_connector_only_if_its_meter_fits():
    """The start of the transaction that it is of may have been lost."""
    kernel = two_connectors()
    kernel.charge("d:2", 10)
    [running] = kernel.charger("d:2").transactions
    other = kernel.stop("d:1", running.id, meter_stop_wh=905_000, unreadable=("transaction_id",))
    assert [type(event) for event in other] == [load.TransactionQuarantined]
    assert kernel.charger("d:2").transactions == (running,)
    own = kernel.stop("d:1", running.id, meter_stop_wh=1_010, unreadable=("transaction_id",))
    assert [one.transaction_id for one in of_type(own, load.TransactionStopped)] == [running.id]


def test_a_reading_of_another_connector_confirms_nothing():
    """Connector 2 at 0 A says nothing of connector 1, which may still draw what it was allowed."""
    kernel = two_connectors()
    kernel.charge("d:1", 16)
    kernel.answer("d:1")
    kernel.after(10)
    kernel.meter("d:1", 16)
    kernel.targets(**{"d:1": 8})
    kernel.answer("d:1")
    kernel.after(6)
    kernel.meter("d:2", 0)
    kernel.meter("d:1", 0, evse_id=0)
    assert kernel.charger("d:1").possible_ma(kernel.now_ms) == 16_000
    kernel.meter("d:1", 8)
    assert kernel.charger("d:1").possible_ma(kernel.now_ms) == 8_000


def test_a_reading_of_a_connector_that_was_never_registered_confirms_nothing():
    kernel = Kernel().site().ready("a")
    kernel.charge("a", 16)
    kernel.answer("a")
    kernel.after(10)
    kernel.meter("a", 16)
    kernel.targets(a=8)
    kernel.answer("a")
    kernel.after(6)
    kernel.meter("a", 0, evse_id=2)
    assert kernel.charger("a").possible_ma(kernel.now_ms) == 16_000


def test_a_broken_connector_is_out_alone_and_the_whole_charger_with_all_of_them():
    kernel = two_connectors()
    status(kernel, 2, "faulted")
    assert [kernel.charger(outlet).is_failed() for outlet in ("d:1", "d:2")] == [False, True]
    status(kernel, 0, "unavailable")
    assert [kernel.charger(outlet).is_failed() for outlet in ("d:1", "d:2")] == [True, True]
    status(kernel, 0, "available")
    assert [kernel.charger(outlet).is_failed() for outlet in ("d:1", "d:2")] == [False, True]


def test_an_absent_connector_does_not_put_a_charger_out():
    kernel = Kernel().site().ready("a")
    broken = Status(charger_id="a", evse_id=2, status="faulted", error_code="other_error", charger_time_ms=None)
    kernel.when(broken)
    assert not kernel.charger("a").is_failed()


def test_other_firmware_voids_the_verification_of_each_outlet():
    kernel = two_connectors()
    kernel.when(Booted(charger_id="d", vendor="v", model="m", firmware="1"))
    events = kernel.when(Booted(charger_id="d", vendor="v", model="m", firmware="2"))
    assert {event.charger_id for event in of_type(events, load.ObedienceVoided)} == {"d:1", "d:2"}


def test_a_permit_counts_where_the_car_is_plugged_in_as_far_as_there_is_room():
    """OCPP 1.6 does not say at which connector a card was presented."""
    kernel = two_connectors()
    kernel.request("d:1")
    [started] = of_type(kernel.start("d:2"), load.TransactionStarted)
    assert (started.charger_id, started.permitted) == ("d:2", True)


def test_without_room_at_the_other_connector_a_permit_elsewhere_is_none():
    kernel = two_connectors(limit_a=16, firm_a=16)
    kernel.request("d:1")
    assert kernel.charger("d:1").permit is not None
    kernel.cap(8)
    [started] = of_type(kernel.start("d:2"), load.TransactionStarted)
    assert not started.permitted


def test_a_remote_start_names_the_connector_of_its_outlet():
    kernel = two_connectors()
    asked = {"command_id": "c", "action": "remote_start", "arguments": {"id_tag": "t"}}
    events = kernel.when(load.RequestCommand(charger_id="d:2", expires_ms=kernel.now_ms + 1000, **asked))
    [command] = of_type(events, load.CommandRequested)
    assert command.arguments == {"connector_id": "2", "id_tag": "t"}
    field, reason = rejection(
        kernel.when(load.RequestCommand(charger_id="d", expires_ms=kernel.now_ms + 1000, **asked))
    )
    assert (field, reason) == ("charger_id", "must name one of its outlets: d:1, d:2")


def test_a_reset_is_for_the_charger_as_a_whole():
    kernel = two_connectors()
    asked = load.RequestCommand(
        command_id="c", charger_id="d", action="reset", arguments={"type": "Soft"}, expires_ms=kernel.now_ms + 1000
    )
    [command] = of_type(kernel.when(asked), load.CommandRequested)
    assert command.arguments == {"type": "Soft"}


def test_the_outlets_of_a_charger_have_one_clock():
    """What the readings of one connector show holds for the leases of the other."""
    kernel = two_connectors()
    kernel.charge("d:1", 16)
    for _ in range(3):
        kernel.after(15)
        ahead = {"stale_by_clock": True, "requested": True, "charger_time_ms": kernel.now_ms + 7_200_000}
        kernel.meter("d:1", 10, fresh=False, **ahead)
    assert kernel.charger("d:1").clock_ms == -7_200_000
    assert kernel.charger("d:2").clock_ms == -7_200_000


def sibling_charges(amps: float = 32) -> Kernel:
    """One connector takes all that there is, and the other one's card is refused after its time."""
    kernel = two_connectors(limit_a=32, firm_a=24)
    kernel.charge("d:1", amps)
    kernel.answer("d:1")
    kernel.after(10)
    kernel.meter("d:1", amps)
    kernel.request("d:2", "first")
    [refused] = of_type(kernel.after(20.1), load.TransactionRefused)
    assert refused.room_until_ms is not None
    return kernel


def test_the_room_for_a_start_that_was_refused_is_left_for_another_try():
    """While the card waits for its answer, the charger's one open call, no meter value of its other connector comes."""
    kernel = sibling_charges()
    kernel.answer("d:1")
    kernel.after(6)
    kernel.meter("d:1", kernel.charger("d:1").lease.limit_ma / 1000)
    kernel.answer("d:1", "failsafe")
    [permitted] = of_type(kernel.request("d:2", "again"), load.TransactionPermitted)
    assert permitted.request_id == "again"


def test_that_room_is_anybodys_after_two_minutes():
    kernel = sibling_charges()
    assert kernel.charger("d:2").pending_start is not None
    assert of_type(kernel.after(121), load.RoomReleased)
    assert kernel.charger("d:2").pending_start is None
