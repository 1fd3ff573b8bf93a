"""Two dialects at one gateway: each charger is served in the one whose subprotocol was agreed on."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs
from websockets.exceptions import InvalidStatus

from adapters.ocpp import Settings
from adapters.ocpp.v16.dialect import Ocpp16
from domain.load_control.desired import DesiredFailsafe
from domain.records.load import CommandRequested
from domain.records.observations import Booted, CommandAnswer, Connected, ProfileAnswer, TransactionStart
from domain.records.time import InputRejected
from tests.adapters.ocpp.charger import Charger
from tests.adapters.ocpp.toy import Toy
from tests.adapters.ocpp.world import NOW_MS, World


@pytest.fixture
async def world(world: World, settings: Settings) -> World:
    await world.restart(settings, (Ocpp16(), Toy()))
    return world


async def connect(world: World, ocpp_id: str, *subprotocols: str) -> Charger:
    options: Any = {"subprotocols": subprotocols}
    return await world.connect(ocpp_id, **options)


def command(action: Any, number: int = 1) -> CommandRequested:
    return CommandRequested(
        command_id=f"c{number}", charger_id="CP1", action=action, arguments={"type": "Soft"}, expires_ms=NOW_MS + 60_000
    )


async def test_messages_are_handled_by_the_dialect_agreed(world: World) -> None:
    toy = await connect(world, "CP1", "toy7")
    assert toy.socket.subprotocol == "toy7"
    assert await toy.call("Hello", {"maker": "Lego"}, "h") == [3, "h", {"hello": "CP1"}]
    assert (await toy.call("Heartbeat", {}))[2] == "NotImplemented"
    assert [booted.vendor for booted in await world.reported(Booted)] == ["Lego"]

    other = await connect(world, "CP2", "ocpp1.6")
    assert (await other.call("Heartbeat", {}))[0] == 3
    assert (await other.call("Hello", {}))[2] == "NotImplemented"
    assert [one.subprotocol for one in await world.reported(Connected)] == ["toy7", "ocpp1.6"]


async def test_limits_go_through_the_dialect_and_come_anew_after_a_boot(world: World) -> None:
    toy = await connect(world, "CP1", "toy7")
    await world.desire(DesiredFailsafe(6_000, 1))
    limit = await toy.be_asked("Limit")
    assert limit[3] == {"ma": 6_000}
    await toy.answer(limit, {})
    await toy.call("Hello", {"maker": "Lego"})
    again = await toy.be_asked("Limit")
    await toy.send([4, again[1], "Broken", "", {}])
    await world.input(ProfileAnswer, number=2)
    assert [one.status for one in await world.reported(ProfileAnswer)] == ["accepted", "rejected"]


async def test_a_limit_waits_for_the_answer_to_a_start_of_the_dialect(world: World) -> None:
    toy = await connect(world, "CP1", "toy7")
    await toy.send([2, "b", "Begin", {}])
    asked = await world.input(TransactionStart)
    await world.desire(DesiredFailsafe(6_000, 1))
    await world.settled()
    assert toy.asked.empty()
    rejected = InputRejected(input_id="i", input_type="t", rule="r", field="f", reason="so")
    await world.decide(asked, rejected)
    assert await toy.hear() == [3, "b", {"decided": rejected.type_name}]
    await toy.be_asked("Limit")


async def test_one_shot_commands_go_through_the_dialect(world: World) -> None:
    toy = await connect(world, "CP1", "toy7")
    await world.event(command("unlock", 1), 1)
    await world.event(command("reset", 2), 2)
    call = await toy.be_asked("Restart")
    assert call[3] == {"type": "Soft"}
    await toy.answer(call, {})
    await world.input(CommandAnswer, number=2)
    assert [(one.command_id, one.status, one.detail) for one in await world.reported(CommandAnswer)] == [
        ("c1", "rejected", "action: a toy can't unlock"),
        ("c2", "accepted", "as toys say"),
    ]


async def test_of_several_subprotocols_the_gateways_first_is_agreed_on(world: World) -> None:
    both = await connect(world, "CP1", "toy7", "ocpp1.6")
    assert both.socket.subprotocol == "ocpp1.6"


@pytest.mark.parametrize(("offered", "logged"), [((), []), (("ocpp1.6", "x"), ["ocpp1.6, x"])])
async def test_a_subprotocol_of_no_dialect_is_refused_and_logged(
    world: World, settings: Settings, offered: tuple[str, ...], logged: list[str]
) -> None:
    await world.restart(settings, (Toy(),))
    with capture_logs() as lines, pytest.raises(InvalidStatus) as refused:
        await connect(world, "CP1", *offered)
    assert refused.value.response.status_code == 400
    (line,) = [line for line in lines if line["event"] == "charger refused"]
    assert (line["path"], line["offered"], line["status"]) == ("/ocpp/CP1", logged, 400)
    assert "subprotocol" in line["reason"]
