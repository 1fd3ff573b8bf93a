"""Two gateways on one log, with the real kernel: whose a charger is, through moves, half-open sockets and kills."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from adapters.ocpp import recorder
from commands.log import topics
from commands.log.codec import decode, entry
from commands.ports.log import Log, Stored
from domain.load_control.heartbeats import REASON
from domain.load_control.ownership import RULE
from domain.records import Record, input_record
from domain.records.load import (
    ChargerConnected,
    ChargerDisconnected,
    CommandAnswered,
    LimitDesired,
    ProfileAnswered,
    RequestCommand,
    TransactionStarted,
)
from domain.records.observations import Connected, Disconnected
from domain.records.sites import StartRequested
from domain.records.time import InputRejected
from processors.engine.build import this_build
from processors.engine.replay import replay
from processors.load import Load
from tests.adapters.ocpp.charger import PATIENCE_S, Charger, Frame
from tests.adapters.ocpp.site import Site
from tests.adapters.ocpp.test_transactions import START
from tests.adapters.ocpp.world import NOW_MS

SUPERSEDED = 4001


def purpose(call: Frame) -> str:
    return call[3]["csChargingProfiles"]["chargingProfilePurpose"]


def limit_ma(call: Frame) -> int:
    period = call[3]["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0]
    return round(period["limit"] * 1000)


async def accept_limits(charger: Charger) -> None:
    """Accept limits until the floor and the lease that stay were told."""
    while purpose(await charger.accept("SetChargingProfile")) != "TxProfile":
        pass


async def charging(site: Site, name: str) -> Charger:
    """CP1 in a transaction, with a lease of 20 A, at a gateway."""
    charger = await site.connect(name)
    await charger.accept("SetChargingProfile")
    await site.event(ProfileAnswered)
    await site.give(StartRequested(charger_id="CP1", request_id="r", vehicle_id="v1", token_ref="ref-known"))
    await charger.send([2, "s", "StartTransaction", START])
    await accept_limits(charger)
    assert (await charger.hear())[2]["idTagInfo"]["status"] == "Accepted"
    await site.settled(name)
    await site.target(20_000)
    assert limit_ma(await charger.accept("SetChargingProfile")) == 20_000
    await site.settled(name)
    return charger


async def test_a_charger_that_moves_amid_a_limit_change_gets_it_from_its_new_gateway_only(site: Site) -> None:
    old = await charging(site, "A")
    await site.target(8_000)
    under_way = await old.be_asked("SetChargingProfile")

    new = await site.connect("B")
    with suppress(ConnectionClosed):  # it may be closed by now
        await old.answer(under_way, {"status": "Accepted"})

    assert await old.closed() == SUPERSEDED
    assert old.socket.close_reason == "a newer connection took over"
    assert purpose(await new.accept("SetChargingProfile")) == "TxDefaultProfile"
    lease = await new.be_asked("SetChargingProfile")
    assert purpose(lease) == "TxProfile"
    newest = (await site.events(LimitDesired))[-1]
    assert limit_ma(lease) == newest.limit_ma < 20_000
    await new.answer(lease, {"status": "Accepted"})
    await site.settled("A", "B")
    assert old.asked.empty()
    assert len(await site.events(TransactionStarted)) == 1


async def test_a_gateway_that_has_not_heard_yet_writes_nothing_to_the_charger_and_is_not_heard(site: Site) -> None:
    """Both hold a socket, and both believe to own the charger."""
    old = await charging(site, "A")
    await site.settled("A", "B")
    site.stores["A"].hears.clear()
    new = await site.connect("B")
    await site.target(8_000)
    await accept_limits(new)

    status = {"connectorId": 1, "status": "Faulted", "errorCode": "OtherError"}
    assert (await old.call("StatusNotification", status))[0] == 3
    refused = await site.event(InputRejected)
    assert (refused.rule, refused.field) == (RULE, "source")
    assert old.asked.empty()

    site.stores["A"].hears.set()
    assert await old.closed() == SUPERSEDED
    await site.settled("A", "B")
    assert old.asked.empty()


async def test_a_start_said_on_both_sockets_is_one_transaction(site: Site) -> None:
    """On the older one it comes too late, and shall be asked again; on the newer one twice."""
    old = await site.connect("A")
    await old.accept("SetChargingProfile")
    await site.settled("A", "B")
    site.stores["A"].hears.clear()
    new = await site.connect("B")
    await site.give(StartRequested(charger_id="CP1", request_id="r", vehicle_id="v1", token_ref="ref-known"))
    answer = await old.call("StartTransaction", START)
    assert answer[2:] == [
        "InternalError",
        "ask on the newest connection",
        {"reason": "a newer socket speaks for this charger"},
    ]
    first = await new.call("StartTransaction", START)
    again = await new.call("StartTransaction", START)
    assert first[2]["transactionId"] == again[2]["transactionId"] != 0
    assert [event.duplicate_of for event in await site.events(TransactionStarted)] == [None]
    site.stores["A"].hears.set()
    assert await old.closed() == SUPERSEDED


async def test_after_a_kill_a_charger_goes_on_at_another_gateway(site: Site) -> None:
    await charging(site, "A")
    await site.kill("A")
    new = await site.connect("B")
    await accept_limits(new)
    assert len(await site.events(TransactionStarted)) == 1

    await site.start("A")
    await site.settled("A", "B")
    assert await site.events(ChargerDisconnected) == []
    assert (await new.call("Heartbeat", {}))[0] == 3


async def test_a_gateway_that_comes_back_gives_up_the_sockets_of_its_earlier_life_only(site: Site) -> None:
    ours = await site.connect("A")
    await ours.accept("SetChargingProfile")
    await site.settled("A", "B")
    await site.kill("B")
    await site.start("B")
    await site.settled("A", "B")
    assert await site.events(ChargerDisconnected) == []

    await site.kill("A")
    await site.start("A")
    lost = await site.event(ChargerDisconnected)
    (connected,) = await site.events(ChargerConnected)
    assert (lost.connection_id, lost.reason) == (connected.connection_id, "the gateway was stopped")


async def test_a_socket_of_an_earlier_life_that_is_decided_late_is_given_up_too(site: Site) -> None:
    late = ChargerConnected(charger_id="CP1", connection_id="earlier-1", gateway_id="A", epoch=1)
    event = input_record("late", "/processors/load", "load:s1", NOW_MS, late, actor="CP1")
    await site.log.append(topics.EVENTS, [entry(event)])
    async with asyncio.timeout(PATIENCE_S):
        async for page in site.log.tail(topics.inputs("load"), {}):
            told = [record.data for record in map(_record, page) if isinstance(record.data, Disconnected)]
            if told:
                break
    assert [one.connection_id for one in told] == ["earlier-1"]


async def give_up(site: Site) -> None:
    """As the watch over the gateways does when one is silent."""
    newest = (await site.events(ChargerConnected))[-1]
    await site.give(Disconnected(charger_id="CP1", connection_id=newest.connection_id, reason=REASON))
    await site.event(ChargerDisconnected)


async def test_a_socket_that_was_given_up_and_is_open_is_told_again_and_steered_on(site: Site) -> None:
    charger = await charging(site, "A")
    await give_up(site)
    again = await site.event(ChargerConnected, 2)
    first = (await site.events(ChargerConnected))[0]
    assert (again.connection_id, again.gateway_id, again.epoch) == (first.connection_id, "A", first.epoch + 1)
    await accept_limits(charger)
    await site.settled("A", "B")
    await site.target(8_000)
    assert limit_ma(await charger.accept("SetChargingProfile")) == 8_000


async def test_a_socket_that_was_given_up_takes_nothing_back_from_a_newer_one(site: Site) -> None:
    old = await site.connect("A")
    await old.accept("SetChargingProfile")
    await site.settled("A", "B")
    site.stores["A"].hears.clear()
    await give_up(site)
    new = await site.connect("B")
    await new.accept("SetChargingProfile")

    site.stores["A"].hears.set()
    assert await old.closed() == SUPERSEDED
    await site.settled("A", "B")
    assert [told.again for told in await site.given(Connected)] == [False, False, True]
    assert [event.gateway_id for event in await site.events(ChargerConnected)] == ["A", "B"]
    assert (await new.call("Heartbeat", {}))[0] == 3


async def test_of_a_socket_that_closes_while_it_is_told_again_the_end_is_told_last(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "RETRY_S", 0.2)
    charger = await site.connect("A")
    await charger.accept("SetChargingProfile")
    await site.settled("A")
    site.stores["A"].full = True
    await give_up(site)
    async with asyncio.timeout(PATIENCE_S):
        while site.gateways["A"].idle():
            await asyncio.sleep(0.001)

    site.stores["A"].full = False
    await charger.close()
    await site.event(ChargerDisconnected, 2)
    await site.settled("A")
    assert [told.again for told in await site.given(Connected)] == [False, True]
    assert not site.host.states["load:s1"].state.chargers["CP1"].connected


def _record(stored: Stored) -> Record:
    return decode(stored.body)


def reset(site: Site, command_id: str) -> RequestCommand:
    expires_ms = site.clock.now_ms() + 60_000
    return RequestCommand(
        command_id=command_id, charger_id="CP1", action="reset", arguments={"type": "Soft"}, expires_ms=expires_ms
    )


async def test_a_command_is_sent_by_the_owner_alone_and_not_again_after_a_move(site: Site) -> None:
    old = await site.connect("A")
    await old.accept("SetChargingProfile")
    await site.give(reset(site, "sent"))
    await old.be_asked("Reset")
    await site.give(reset(site, "waits"))
    await site.settled("A", "B")

    new = await site.connect("B")
    answered = {(await site.event(CommandAnswered, number)).command_id for number in (1, 2)}
    assert answered == {"sent", "waits"}
    assert {event.status for event in await site.events(CommandAnswered)} == {"offline"}
    await new.accept("SetChargingProfile")
    await site.settled("A", "B")
    assert new.asked.empty()


async def test_a_command_for_nobody_yet_is_sent_once_by_who_gets_the_charger(site: Site) -> None:
    await site.give(reset(site, "first"))
    await site.settled("A", "B")
    charger = await site.connect("B")
    await charger.accept("SetChargingProfile")
    await charger.accept("Reset")
    await site.event(CommandAnswered)
    moved = await site.connect("A")
    await moved.accept("SetChargingProfile")
    await site.settled("A", "B")
    assert moved.asked.empty()


async def test_a_command_that_nobody_got_to_send_is_answered_once(site: Site) -> None:
    await site.give(reset(site, "first"))
    await site.settled("A", "B")
    site.clock.advance_to(NOW_MS + 60_000)
    await site.event(CommandAnswered)
    await site.settled("A", "B")
    (answered,) = await site.events(CommandAnswered)
    assert (answered.status, answered.detail) == ("offline", "expired before it could be sent")


async def test_moves_are_replayed_byte_for_byte(site: Site) -> None:
    old = await charging(site, "A")
    new = await site.connect("B")
    await old.closed()
    await accept_limits(new)
    await site.settled("A", "B")
    log: Log = site.log
    replayed = await replay(log, Load(), this_build(), await log.consumed("load"))
    assert replayed.difference is None
    assert replayed.events > 10
