"""OCPP 1.6 stacks of other makers as chargers at a running server: they charge cars, obey limits and are cut off.

Both sides' messages are held against the schemas of the Open Charge Alliance.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.stacks.relay import CALL
from tests.stacks.schemas import violations
from tests.stacks.stack import STACKS, Missing, Stack
from tests.stacks.yard import SITE, Post, Yard, running

pytestmark = pytest.mark.server
CAR_A = 16.0
LIMIT_KW = 7
LIMIT_A = 10.0
"""What 7 kW leave a car on three phases of 230 V, in whole amperes."""
OF_THE_CHARGER = {
    "BootNotification",
    "StatusNotification",
    "Authorize",
    "StartTransaction",
    "MeterValues",
    "StopTransaction",
}
COMMANDS: dict[str, tuple[dict[str, str], tuple[str, Any]]] = {
    "trigger": (
        {"requested_message": "Heartbeat"},
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
    ),
    "remote_start": (
        {"id_tag": "card", "connector_id": "1"},
        ("RemoteStartTransaction", {"idTag": "card", "connectorId": 1}),
    ),
    "remote_stop": ({"transaction_id": "77"}, ("RemoteStopTransaction", {"transactionId": 77})),
    "unlock": ({"connector_id": "1"}, ("UnlockConnector", {"connectorId": 1})),
    "reset": ({"type": "Soft"}, ("Reset", {"type": "Soft"})),
    "get_configuration": ({"key": "HeartbeatInterval"}, ("GetConfiguration", {"key": ["HeartbeatInterval"]})),
    "change_configuration": (
        {"key": "HeartbeatInterval", "value": "300"},
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "300"}),
    ),
}
OF_THE_SERVER = {"SetChargingProfile", "TriggerMessage", "GetConfiguration", "ChangeConfiguration"}


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    with running(tmp_path_factory.mktemp("stacks") / "data") as place:
        yard = Yard(place)
        asyncio.run(yard.open_site())
        yield yard


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)
async def test_a_charger_obeys_its_limits_and_a_stop_from_offline_has_its_energy(
    yard: Yard, stack: Stack, tmp_path: Path
) -> None:
    async with yard, at_work(yard, stack, stack.name, tmp_path) as post:
        assert await post.boot() == "Accepted"
        await post.prove()

        async with yard.driver(f"driver-{stack.name}", f"card-{stack.name}", CAR_A) as driver:
            assert await driver.book() == post.id
            began_wh = post.charger.shown_wh
            assert await post.plug(f"card-{stack.name}", CAR_A) == "Accepted"
            await yard.pass_by(120)
            assert post.charger.current_a(yard.now_ms) == CAR_A

            ends_at = yard.later(5 * 60)
            await yard.operator.post(f"/sites/{SITE}/grid-limit", {"limit_kw": LIMIT_KW, "ends_at": ends_at})
            await yard.pass_by(60)
            assert post.charger.current_a(yard.now_ms) == LIMIT_A
            assert (await yard.outlet(post.id))["limit_a"] == LIMIT_A

            await post.cut_line()
            await yard.pass_by(60)
            assert post.charger.current_a(yard.now_ms) == LIMIT_A
            await yard.pass_by(15 * 60)
            assert post.charger.current_a(yard.now_ms) == 0, "its limit has ended, and nobody can give it another one"
            stopped = post.unplug()
            metered_wh = post.charger.shown_wh - began_wh
            await yard.pass_by(120)
            assert (await driver.session())["state"] == "charging"

            await post.mend_line()
            await post.answer(stopped, "stop")
            await post.report("Available")
            await yard.settle()
            session = await driver.session()
            assert (session["state"], session["estimated"]) == ("completed", False)
            assert session["energy_kwh"] == metered_wh / 1000
            assert metered_wh > 1000
    assert problems(post) == []
    relay = post.relay
    assert {message.action for message in relay.called(from_charger=True)} == OF_THE_CHARGER
    assert {message.action for message in relay.called(from_charger=False)} >= OF_THE_SERVER
    stops = [message for message in relay.called(from_charger=True) if message.action == "StopTransaction"]
    assert len(stops) == 2, "that of the test load, and the one from offline, once"


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)
async def test_a_charger_understands_every_command_of_an_operator(yard: Yard, stack: Stack, tmp_path: Path) -> None:
    async with yard, at_work(yard, stack, f"commanded-{stack.name}", tmp_path) as post:
        await post.boot()
        for action, (arguments, call) in COMMANDS.items():
            body = {"action": action, "arguments": arguments, "expires_s": 60}
            await yard.operator.post(f"/chargers/{post.id}/commands", body)
            await yard.settle()
            assert (post.program.asked[-1]["asked"], post.program.asked[-1]["payload"]) == call
        told = [event["text"] for event in (await yard.operator.get(f"/chargers/{post.id}"))["events"]]
        for action in COMMANDS.keys() - {"trigger"}:
            assert f"The command {action.replace('_', ' ')} was sent; it answered accepted" in told
    assert problems(post) == []


@asynccontextmanager
async def at_work(yard: Yard, stack: Stack, charger_id: str, folder: Path) -> AsyncIterator[Post]:
    """A charger on this stack; skipped where the stack can't be had."""
    try:
        command = await asyncio.to_thread(stack.command)
    except Missing as missing:
        pytest.skip(f"{missing}; enable with: {stack.enable}")
    async with yard.post(charger_id, command, folder / "stderr") as post:
        yield post


def problems(post: Post) -> list[str]:
    """What the schemas say against the messages of both sides, and calls whose id was used before."""
    messages = post.relay.messages
    ids = [message.id for message in messages if message.kind == CALL]
    again = [f"{id_} was used twice" for id_ in set(ids) if ids.count(id_) > 1]
    return [found for message in messages for found in violations(message)] + again
