"""Authorize: recorded for `load`, answered with the decision."""

from __future__ import annotations

import pytest
from ocpp.v16 import call

from adapters.ocpp import Settings
from adapters.ocpp.connected_charger import Undecided
from commands.ports.log import LogFull
from domain.load_control import ownership
from domain.load_control.parameters import PERMIT_WAIT_MS
from domain.records import Payload
from domain.records.load import TransactionPermitted, TransactionRefused
from domain.records.observations import Authorize
from domain.records.sites import Denial, StartDenied
from domain.records.time import InputRejected
from tests.adapters.ocpp.v16.charger import Station
from tests.adapters.ocpp.world import NOW_MS

PERMITTED = TransactionPermitted(
    rule="r", reason="room", charger_id="CP1", request_id="x", start_ma=6000, expires_ms=NOW_MS + 1
)


def denied(denial: Denial) -> StartDenied:
    return StartDenied(rule="r", reason="not your turn", charger_id="CP1", request_id="x", denial=denial)


def rejected(rule: str = "r") -> InputRejected:
    return InputRejected(input_id="i", input_type="t", rule=rule, field="charger_id", reason="no such charger")


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        (PERMITTED, "Accepted"),
        (TransactionRefused(rule="r", reason="no room", charger_id="CP1", request_id="x"), "Blocked"),
        (denied("refused"), "Blocked"),
        (denied("blocked_card"), "Blocked"),
        (denied("expired_card"), "Expired"),
        (denied("unknown_card"), "Invalid"),
        (rejected(), "Invalid"),
    ],
)
async def test_the_answer_is_the_decision(station: Station, decision: Payload, status: str) -> None:
    station.decisions.decision = decision
    assert await station.send(call.Authorize(id_tag="known")) == {"idTagInfo": {"status": status}}


async def test_it_is_recorded_for_load_as_said_on_this_socket(station: Station) -> None:
    station.decisions.decision = PERMITTED
    await station.send(call.Authorize(id_tag="known"))
    (record,) = station.records("load")
    assert record.data == Authorize(charger_id="CP1", token_ref="ref-known", vehicle_id="v1")
    assert (record.stream, record.actor, record.source, record.time) == ("load:s1", "CP1", "/ocpp/socket-1", NOW_MS)
    assert station.decisions.waited_for == [record.id]
    assert station.records("sites") == []


async def test_an_unknown_token_is_a_walk_up(station: Station) -> None:
    station.decisions.decision = PERMITTED
    await station.send(call.Authorize(id_tag="stranger"))
    assert station.recorded("load") == [Authorize(charger_id="CP1", token_ref="ref-stranger", vehicle_id=None)]


async def test_each_one_is_a_new_question(station: Station) -> None:
    station.decisions.decision = PERMITTED
    for _ in range(2):
        await station.send(call.Authorize(id_tag="KNOWN"))
    first, second = station.records("load")
    assert first.id != second.id


async def test_a_token_may_be_padded_and_longer_than_the_specification_says(station: Station) -> None:
    station.decisions.decision = PERMITTED
    await station.send_raw("Authorize", {"idTag": f" {'x' * 40} "})
    (authorize,) = station.recorded("load")
    assert isinstance(authorize, Authorize)
    assert authorize.token_ref == f"ref-{'x' * 40}"


@pytest.mark.parametrize("payload", [{}, {"idTag": None}, {"idTag": "  "}, {"idTag": {}}, {"idTag": "x" * 256}])
async def test_without_a_token_it_is_asked_for_a_driver_who_is_not_known(
    station: Station, payload: dict[str, object]
) -> None:
    station.decisions.decision = PERMITTED
    assert await station.send_raw("Authorize", payload) == {"idTagInfo": {"status": "Accepted"}}
    assert station.recorded("load") == [Authorize(charger_id="CP1", token_ref="ref-", vehicle_id=None)]


async def test_that_a_card_is_blocked_is_recorded(station: Station) -> None:
    station.decisions.decision = denied("blocked_card")
    assert await station.send(call.Authorize(id_tag="blocked")) == {"idTagInfo": {"status": "Blocked"}}
    (authorize,) = station.recorded("load")
    assert isinstance(authorize, Authorize)
    assert (authorize.vehicle_id, authorize.card) == ("v1", "blocked")


async def test_a_token_may_be_a_number(station: Station) -> None:
    station.decisions.decision = PERMITTED
    await station.send_raw("Authorize", {"idTag": 12345678})
    assert station.recorded("load") == [Authorize(charger_id="CP1", token_ref="ref-12345678", vehicle_id=None)]


async def test_without_a_decision_in_time_the_charger_has_to_ask_again(station: Station) -> None:
    with pytest.raises(Undecided) as undecided:
        await station.send(call.Authorize(id_tag="KNOWN"))
    assert undecided.value.details == {"reason": "no decision within 25.0 s"}


def test_a_start_that_finds_no_room_is_refused_before_its_answer_is_due() -> None:
    assert PERMIT_WAIT_MS + 5_000 <= Settings().decision_timeout_s * 1_000 < 30_000


async def test_on_a_socket_that_does_not_own_the_charger_it_has_to_be_asked_elsewhere(station: Station) -> None:
    station.decisions.decision = rejected(ownership.RULE)
    with pytest.raises(Undecided, match="newest connection"):
        await station.send(call.Authorize(id_tag="KNOWN"))


async def test_what_is_not_stored_is_not_asked(station: Station) -> None:
    station.log.full = True
    with pytest.raises(LogFull):
        await station.send(call.Authorize(id_tag="KNOWN"))
    assert station.decisions.waited_for == []
