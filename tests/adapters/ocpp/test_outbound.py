"""What the log wants of a charger, over a real socket: limits, one-shot commands, configuration."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
from ocpp.messages import Call, validate_payload

from adapters.ocpp import Settings
from adapters.ocpp.jitter import heartbeat_interval_s, share
from adapters.ocpp.v16.configure import METERED, WANTED
from adapters.ocpp.v16.profile_strategy import FAILSAFE_OPTIONS
from commands.log import topics
from commands.ports.log import Entry, LogDamaged, Stored
from domain.load_control.desired import DesiredFailsafe, DesiredLease
from domain.records.load import CommandAnswered, CommandRequested
from domain.records.observations import CommandAnswer, Configuration, Disconnected, ProfileAnswer, TransactionStart
from tests.adapters.ocpp.charger import PATIENCE_S, Charger
from tests.adapters.ocpp.test_transactions import START
from tests.adapters.ocpp.world import NOW_MS, World, started

FLOOR = DesiredFailsafe(6_000, 1)
LEASE = DesiredLease("77", 16_000, 2, NOW_MS + 120_000)
REFUSED_TOKEN = "token_ref: its token is not known any more, or its card may not be used"
PURPOSES = {"TxDefaultProfile": "failsafe", "TxProfile": "lease"}


def purpose(call: list[Any]) -> str:
    return call[3]["csChargingProfiles"]["chargingProfilePurpose"]


async def answers(world: World, number: int) -> list[tuple[str, int, str]]:
    """The first profile answers on the log."""
    await world.input(ProfileAnswer, number=number)
    return [(one.purpose, one.generation, one.status) for one in await world.reported(ProfileAnswer)]


async def test_floor_and_lease_are_sent_one_at_a_time(world: World, charger: Charger) -> None:
    await world.desire(FLOOR, LEASE)
    floor = await charger.be_asked("SetChargingProfile")
    await world.settled()
    assert charger.asked.empty()
    assert purpose(floor) == "TxDefaultProfile"
    await charger.answer(floor, {"status": "Accepted"})
    lease = await charger.be_asked("SetChargingProfile")
    assert purpose(lease) == "TxProfile"
    await charger.answer(lease, {"status": "Accepted"})
    assert await answers(world, 2) == [("failsafe", 1, "accepted"), ("lease", 2, "accepted")]
    await world.settled()


async def test_what_was_desired_before_the_connect_is_sent_at_the_connect(world: World) -> None:
    await world.desire(FLOOR)
    await world.settled()
    charger = await world.connect()
    assert purpose(await charger.accept()) == "TxDefaultProfile"


async def test_what_was_desired_before_the_start_is_sent(world: World, settings: Settings) -> None:
    await world.desire(FLOOR)
    await world.restart(settings)
    charger = await world.connect()
    assert purpose(await charger.accept()) == "TxDefaultProfile"


async def test_a_reconnect_gets_everything_again(world: World, charger: Charger) -> None:
    await world.desire(FLOOR, LEASE)
    for _ in range(2):
        assert purpose(await charger.accept()) == "TxDefaultProfile"
        assert purpose(await charger.accept()) == "TxProfile"
        charger = await world.connect()


async def test_a_boot_gets_everything_again(world: World, charger: Charger) -> None:
    await world.desire(FLOOR)
    await charger.accept("SetChargingProfile")
    await answers(world, 1)
    await charger.call("BootNotification", {"chargePointVendor": "v", "chargePointModel": "m"})
    await charger.accept("SetChargingProfile")


async def test_generations_in_between_are_not_sent(world: World, charger: Charger) -> None:
    await world.desire(FLOOR)
    first = await charger.be_asked()
    for generation in (2, 3, 4):
        await world.desire(DesiredFailsafe(generation * 1_000, generation))
    await world.settled()
    await charger.answer(first, {"status": "Accepted"})
    last = await charger.accept()
    period = last[3]["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0]
    assert period["limit"] == 4.0
    assert [generation for _, generation, _ in await answers(world, 2)] == [1, 4]
    assert charger.asked.empty()


async def test_a_refusal_is_tried_in_the_next_way(world: World, charger: Charger) -> None:
    await world.desire(FLOOR)
    for _ in FAILSAFE_OPTIONS[1:]:
        await charger.answer(await charger.be_asked(), {"status": "Rejected"})
    last = await charger.be_asked()
    await charger.send([4, last[1], "NotSupported", "no", {}])
    assert await answers(world, 1) == [("failsafe", 1, "not_supported")]


async def test_no_answer_is_a_timeout_and_a_late_one_answers_nothing(world: World, charger: Charger) -> None:
    await world.desire(FLOOR)
    late = await charger.be_asked()
    await world.settled()
    world.clock.advance_to(NOW_MS + 30_000)
    assert await answers(world, 1) == [("failsafe", 1, "timeout")]

    await world.desire(DesiredFailsafe(7_000, 2))
    newer = await charger.be_asked()
    await charger.answer(late, {"status": "Rejected"})
    await charger.answer(newer, {"status": "Accepted"})
    assert await answers(world, 2) == [("failsafe", 1, "timeout"), ("failsafe", 2, "accepted")]


async def test_a_timed_out_limit_is_sent_again_after_a_rest(world: World, charger: Charger) -> None:
    await world.desire(FLOOR)
    await charger.be_asked()
    await world.settled()
    world.clock.advance_to(NOW_MS + 30_000)
    await answers(world, 1)
    await world.settled()
    world.clock.advance_to(NOW_MS + 60_000)
    assert not world.gateway.idle()
    await charger.accept()
    assert (await answers(world, 2))[1] == ("failsafe", 1, "accepted")


@pytest.mark.parametrize("answer", [{"status": "Odd"}, {"status": 5}, [], None, "yes"])
async def test_an_odd_answer_is_a_refusal(world: World, charger: Charger, answer: Any) -> None:
    await world.desire(FLOOR)
    for _ in FAILSAFE_OPTIONS:
        await charger.answer(await charger.be_asked(), answer)
    assert await answers(world, 1) == [("failsafe", 1, "rejected")]


BOOT = {"chargePointVendor": "v", "chargePointModel": "m"}


async def test_a_call_that_was_dropped_before_the_boot_was_answered_is_sent_again_soon(
    world: World, charger: Charger
) -> None:
    await world.desire(FLOOR)
    await charger.be_asked()
    await charger.call("BootNotification", BOOT)
    await world.settled()
    world.clock.advance_to(NOW_MS + 2_000)
    await charger.accept()
    assert (await answers(world, 2))[1] == ("failsafe", 1, "accepted")


@pytest.mark.parametrize(("action", "again"), [("trigger", True), ("reset", False)])
async def test_a_command_that_was_dropped_before_the_boot_was_answered_is_sent_again_unless_it_is_a_reset(
    world: World, charger: Charger, action: Any, again: bool
) -> None:
    arguments = {"requested_message": "Heartbeat"} if action == "trigger" else {"type": "Soft"}
    expires_ms = NOW_MS + 60_000
    await world.event(
        CommandRequested(command_id="c1", charger_id="CP1", action=action, arguments=arguments, expires_ms=expires_ms)
    )
    first = await charger.be_asked()
    await charger.call("BootNotification", BOOT)
    await world.settled()
    world.clock.advance_to(NOW_MS + 2_000)
    if again:
        assert (await charger.accept())[2:] == first[2:]
    answer = (await world.input(CommandAnswer)).data
    assert isinstance(answer, CommandAnswer)
    assert answer.status == ("accepted" if again else "timeout")


async def test_a_call_that_is_answered_after_the_boot_is_answered(world: World, charger: Charger) -> None:
    await world.desire(FLOOR)
    call = await charger.be_asked()
    await charger.call("BootNotification", BOOT)
    await charger.answer(call, {"status": "Accepted"})
    assert (await answers(world, 1)) == [("failsafe", 1, "accepted")]
    await charger.accept()


async def test_a_lease_that_was_dropped_right_after_its_start_is_sent_again_soon(
    world: World, charger: Charger
) -> None:
    """Some chargers store the transaction id a moment after the answer to its start."""
    await world.desire(FLOOR)
    await charger.accept()
    await charger.send([2, "s", "StartTransaction", START])
    await world.decide(await world.input(TransactionStart), started())
    await charger.hear()
    await world.desire(FLOOR, LEASE)
    dropped = await charger.be_asked()
    await world.settled()
    world.clock.advance_to(NOW_MS + 5_000)
    await world.settled()
    world.clock.advance_to(NOW_MS + 7_000)
    again = await charger.be_asked()
    assert profile_of(again) == profile_of(dropped)
    await charger.answer(again, {"status": "Rejected"})
    await world.settled()
    world.clock.advance_to(NOW_MS + 9_000)
    assert profile_of(await charger.accept()) == profile_of(dropped)
    assert (await answers(world, 2))[1] == ("lease", 2, "accepted")


def profile_of(call: list[Any]) -> tuple[str, str]:
    """(purpose, unit) of a SetChargingProfile."""
    sent = call[3]["csChargingProfiles"]
    return sent["chargingProfilePurpose"], sent["chargingSchedule"]["chargingRateUnit"]


async def test_a_socket_lost_before_the_answer_is_offline(world: World, charger: Charger) -> None:
    await world.desire(FLOOR)
    await charger.be_asked()
    await charger.close()
    assert await answers(world, 1) == [("failsafe", 1, "offline")]


async def test_a_lease_waits_until_its_start_is_answered(world: World, charger: Charger) -> None:
    """Before, the charger does not know the transaction and would refuse."""
    await charger.send([2, "s", "StartTransaction", START])
    asked = await world.input(TransactionStart)
    await world.desire(FLOOR, LEASE)
    assert purpose(await charger.accept()) == "TxDefaultProfile"
    await answers(world, 1)
    await world.settled()
    assert charger.asked.empty()
    assert charger.heard.empty()

    await world.decide(asked, started())
    assert purpose(await charger.accept()) == "TxProfile"
    assert (await charger.hear())[2]["transactionId"] == 77


async def test_a_refused_start_holds_no_lease_back(world: World, charger: Charger) -> None:
    await charger.call("StartTransaction", {})
    await world.desire(None, LEASE)
    assert purpose(await charger.accept()) == "TxProfile"


async def test_the_log_is_followed_again_after_it_could_not_be_read(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.ocpp.following.RETRY_S", 0.001)
    tail, failures = world.log.tail, iter(range(3))

    async def failing(topic: str, after: Mapping[int, int]) -> AsyncIterator[Sequence[Stored]]:
        if next(failures, None) is not None:
            raise LogDamaged("a page does not read back")
        async for page in tail(topic, after):
            yield page

    world.store.tail = failing  # type: ignore[method-assign,assignment]
    await world.restart(settings)
    charger = await world.connect()
    await world.desire(FLOOR)
    await charger.accept("SetChargingProfile")


async def test_a_defect_towards_a_charger_closes_its_socket_and_is_recorded(
    world: World, charger: Charger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.settled()
    monkeypatch.setattr("adapters.ocpp.v16.reconcile.amperes", lambda limit_ma: 1 / 0)
    await world.desire(FLOOR)
    assert await charger.closed() == 1011
    assert (await world.input(Disconnected)).data.reason == "1011"  # type: ignore[attr-defined]


async def test_an_answer_that_the_log_can_not_take_is_kept_until_it_can(
    world: World, charger: Charger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.ocpp.recorder.RETRY_S", 0.001)
    await world.desire(FLOOR)
    call = await charger.be_asked()
    world.store.full = True
    await charger.answer(call, {"status": "Accepted"})
    refused = await charger.call("StatusNotification", {"connectorId": 1, "status": "Available"})
    assert refused[2] == "InternalError"
    assert not world.gateway.idle()
    world.store.full = False
    assert await answers(world, 1) == [("failsafe", 1, "accepted")]


async def test_inbound_calls_are_handled_while_ours_is_open(world: World, charger: Charger) -> None:
    await world.desire(FLOOR)
    call = await charger.be_asked()
    assert (await charger.call("Heartbeat", {}))[0] == 3
    await charger.answer(call, {"status": "Accepted"})
    assert len(await answers(world, 1)) == 1


async def test_unreadable_desired_limits_do_not_stop_the_others(world: World, charger: Charger) -> None:
    await world.log.append(topics.DESIRED, [Entry("CP1", b"{}")])
    await world.desire(FLOOR)
    await charger.accept("SetChargingProfile")


def command(action: Any, expires_ms: int = NOW_MS + 60_000, number: int = 1, **arguments: str) -> CommandRequested:
    return CommandRequested(
        command_id=f"c{number}", charger_id="CP1", action=action, arguments=arguments, expires_ms=expires_ms
    )


async def command_answer(world: World, number: int = 1) -> tuple[str, str, str]:
    answer = (await world.input(CommandAnswer, number=number)).data
    assert isinstance(answer, CommandAnswer)
    return answer.command_id, answer.status, answer.detail


@pytest.mark.parametrize(
    ("wanted", "action", "payload", "reply", "status"),
    [
        (
            command("trigger", requested_message="StatusNotification", connector_id="1"),
            "TriggerMessage",
            {"requestedMessage": "StatusNotification", "connectorId": 1},
            "Accepted",
            "accepted",
        ),
        (command("reset", type="Soft"), "Reset", {"type": "Soft"}, "Rejected", "rejected"),
    ],
)
async def test_a_command_is_sent_and_its_answer_recorded(
    world: World,
    charger: Charger,
    wanted: CommandRequested,
    action: str,
    payload: dict[str, Any],
    reply: str,
    status: str,
) -> None:
    await world.event(wanted)
    call = await charger.be_asked(action)
    assert call[3] == payload
    await validate_payload(Call(call[1], action, call[3]), "1.6")
    await charger.answer(call, {"status": reply})
    assert await command_answer(world) == ("c1", status, reply)


async def test_a_command_that_makes_no_sense_is_refused_with_the_reason(world: World, charger: Charger) -> None:
    await world.event(command("reset", type="Gentle"))
    assert await command_answer(world) == ("c1", "rejected", "type: 'Gentle' is not possible")
    await world.settled()
    assert charger.asked.empty()


async def test_a_command_waits_for_its_charger_until_it_expires(world: World) -> None:
    await world.event(command("reset", type="Soft"))
    await world.settled()
    charger = await world.connect()
    await charger.accept("Reset")
    assert (await command_answer(world))[1] == "accepted"


async def test_an_expired_command_is_never_sent(world: World) -> None:
    await world.event(command("reset", type="Soft"))
    await world.settled()
    world.clock.advance_to(NOW_MS + 60_000)
    assert await command_answer(world) == ("c1", "offline", "expired before it could be sent")
    charger = await world.connect()
    await world.settled()
    assert charger.asked.empty()


async def test_a_command_behind_an_open_call_expires_too(world: World, charger: Charger) -> None:
    await world.desire(FLOOR)
    call = await charger.be_asked()
    await world.event(command("reset", type="Soft", expires_ms=NOW_MS + 10_000))
    await world.settled()
    world.clock.advance_to(NOW_MS + 10_000)
    assert (await command_answer(world))[1] == "timeout"
    await charger.answer(call, {"status": "Accepted"})
    await answers(world, 1)
    await world.settled()
    assert charger.asked.empty()


async def test_a_restarted_gateway_sends_what_was_not_answered(world: World, settings: Settings) -> None:
    await world.gateway.close()
    await world.event(command("reset", type="Hard"), 1)
    await world.event(command("reset", type="Soft", number=2), 2)
    await world.event(command("reset", type="Soft", number=3, expires_ms=NOW_MS), 3)
    await world.event(CommandAnswered(charger_id="CP1", command_id="c1", status="accepted", detail=""), 4)
    await world.restart(settings)
    charger = await world.connect()
    assert (await charger.accept("Reset"))[3] == {"type": "Soft"}
    assert (await command_answer(world))[0] == "c2"
    await world.settled()
    assert charger.asked.empty()


async def test_a_command_that_another_gateway_sent_is_forgotten(world: World) -> None:
    await world.event(command("reset", type="Hard"), 1)
    await world.event(CommandAnswered(charger_id="CP1", command_id="c1", status="accepted", detail=""), 2)
    await world.settled()
    charger = await world.connect()
    await world.settled()
    assert charger.asked.empty()


class TestTooManyCommands:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(waiting_commands=1)

    async def test_are_refused(self, world: World) -> None:
        for number in (1, 2):
            await world.event(command("reset", type="Soft", number=number), number)
        assert await command_answer(world) == ("c2", "rejected", "too many commands wait for this charger")


def wake_ms(settings: Settings) -> int:
    return NOW_MS + settings.configure_after_ms + share("CP1", settings.configure_spread_ms)


async def test_a_charger_is_asked_and_set_up_a_while_after_it_connected(
    world: World, charger: Charger, settings: Settings
) -> None:
    await world.settled()
    assert charger.asked.empty()
    async with asyncio.timeout(PATIENCE_S):
        while world.clock.next_due() is None:  # who sees to it may not wait for the clock yet
            await asyncio.sleep(0.001)
    assert world.clock.next_due() == wake_ms(settings)
    world.clock.advance_to(wake_ms(settings))

    asked = await charger.be_asked("GetConfiguration")
    assert asked[3] == {}
    known = [
        {"key": "MeterValueSampleInterval", "readonly": False, "value": "30"},
        {"key": "ClockAlignedDataInterval", "readonly": False, "value": "60"},
        {"key": "LocalPreAuthorize", "readonly": True, "value": "true"},
        {"key": "ChargingScheduleAllowedChargingRateUnit", "readonly": True, "value": "Power"},
        "nonsense",
    ]
    await charger.answer(asked, {"configurationKey": known})

    changed = {}
    expected = WANTED.keys() - {"MeterValueSampleInterval", "LocalPreAuthorize"} | {"HeartbeatInterval"}
    for _ in expected:
        call = await charger.be_asked("ChangeConfiguration")
        await validate_payload(Call(call[1], call[2], call[3]), "1.6")
        changed[call[3]["key"]] = call[3]["value"]
        await charger.answer(call, {"status": "NotSupported"})
    assert changed.keys() == expected
    assert changed["MeterValuesSampledData"] == METERED
    assert changed["HeartbeatInterval"] == str(heartbeat_interval_s("CP1", settings))

    (record,) = await world.reported(Configuration)
    assert ("ChargingScheduleAllowedChargingRateUnit", "Power") in record.items

    await world.desire(FLOOR)
    floor = await charger.accept("SetChargingProfile")
    assert floor[3]["csChargingProfiles"]["chargingSchedule"]["chargingRateUnit"] == "W"


async def test_limits_go_before_the_set_up(world: World, charger: Charger, settings: Settings) -> None:
    await world.settled()
    world.clock.advance_to(wake_ms(settings))
    asked = await charger.be_asked("GetConfiguration")
    await world.desire(FLOOR)
    await world.settled()
    await charger.answer(asked, {"configurationKey": []})
    await charger.be_asked("SetChargingProfile")


async def test_frames_and_idle_tell_a_world_when_all_is_handled(world: World, charger: Charger) -> None:
    await world.desire(FLOOR)
    call = await charger.be_asked()
    await world.settled()
    assert world.gateway.frames() == {"CP1": (0, 1)}
    await charger.answer(call, {"status": "Accepted"})
    async with asyncio.timeout(10):
        while world.gateway.frames() != {"CP1": (1, 1)}:
            await asyncio.sleep(0)
    assert not world.gateway.idle()  # the answer was read, and is being recorded
    await world.settled()
    assert len(await world.reported(ProfileAnswer)) == 1


async def test_a_remote_start_carries_the_token_that_its_reference_stands_for(world: World, charger: Charger) -> None:
    await world.directory.presented("KnOwN", NOW_MS)
    await world.event(command("remote_start", token_ref="ref-known", connector_id="2"))
    call = await charger.be_asked("RemoteStartTransaction")
    assert call[3] == {"idTag": "KnOwN", "connectorId": 2}
    await validate_payload(Call(call[1], call[2], call[3]), "1.6")
    await charger.answer(call, {"status": "Accepted"})
    assert await command_answer(world) == ("c1", "accepted", "Accepted")


async def test_a_remote_start_whose_token_is_not_known_is_refused_with_the_reason(
    world: World, charger: Charger
) -> None:
    await world.event(command("remote_start", token_ref="ref-forgotten", connector_id="1"))
    assert await command_answer(world) == ("c1", "rejected", REFUSED_TOKEN)
    await world.settled()
    assert charger.asked.empty()
