"""OCPP 1.6 stacks of other makers as chargers at a running server: they charge cars, obey limits and are cut off.

Both sides' messages are held against the schemas of the Open Charge Alliance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

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
    try:
        command = await asyncio.to_thread(stack.command)
    except Missing as missing:
        pytest.skip(f"{missing}; enable with: {stack.enable}")
    async with yard, yard.post(stack.name, command, tmp_path / "stderr") as post:
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
            await stopped
            await post.report("Available")
            await yard.settle()
            session = await driver.session()
            assert (session["state"], session["estimated"]) == ("completed", False)
            assert session["energy_kwh"] == metered_wh / 1000
            assert metered_wh > 1000
    check_messages(post)


def check_messages(post: Post) -> None:
    """All are valid, none is an error, and none was sent twice."""
    relay = post.relay
    assert [found for message in relay.messages for found in violations(message)] == []
    assert {message.action for message in relay.called(from_charger=True)} == OF_THE_CHARGER
    assert {message.action for message in relay.called(from_charger=False)} >= OF_THE_SERVER
    stops = [message for message in relay.called(from_charger=True) if message.action == "StopTransaction"]
    assert len(stops) == 2
    assert len({message.id for message in relay.messages}) == len(relay.messages) / 2
