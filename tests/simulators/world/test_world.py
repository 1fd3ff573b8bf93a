import asyncio
from functools import partial

import pytest

from simulators.charger.personality import COMPLIANT
from simulators.server.control import Control, ControlFailed
from simulators.server.ledger import Ledger
from simulators.time.virtual_time import parse_ms
from simulators.world import world as world_module
from simulators.world.world import NotSettled
from tests.simulators.charger.central_system import tx_profile
from tests.simulators.charger.coupled import START_MS, a_car, coupled, play


async def test_the_server_has_fired_its_timers_before_anybody_here_acts():
    async with coupled() as this:
        seen = []

        async def scenario():
            this.central.at(START_MS + 5000, lambda: seen.append(("server", this.central.now_ms)))
            await this.time.sleep(5)
            seen.append(("world", this.time.now_ms))

        await play(this, scenario)
        assert seen == [("server", START_MS + 5000), ("world", START_MS + 5000)]


async def test_the_server_is_at_the_beginning_of_the_world_before_anybody_speaks_to_it():
    async with coupled() as this:
        this.central.now_ms = START_MS - 3_600_000
        seen = []

        async def scenario():
            seen.append(this.central.now_ms)

        await this.world.run(scenario())
        assert seen == [START_MS]


async def test_what_happens_at_an_instant_reaches_the_server_at_that_instant():
    async with coupled() as this:

        async def scenario():
            await this.charging(battery_kwh=10, level=0.2, target=0.3, reaction_s=0)
            await this.outlet.status_changed.wait()
            await this.time.sleep(60)

        await play(this, scenario)
        heard = zip(this.central.calls, this.central.called_ms, strict=True)
        told = [
            (payload["timestamp"], at_ms) for (_, action, payload), at_ms in heard if action == "StatusNotification"
        ]
        assert told[-1][1] > START_MS + 500_000
        assert [parse_ms(timestamp) for timestamp, _ in told[1:]] == [at_ms for _, at_ms in told[1:]]


async def test_a_decision_of_the_server_acts_at_its_instant():
    """A limit that a server's timer sends at 12.345 s holds from then on, and not from the next step."""
    async with coupled() as this:

        async def scenario():
            car = a_car(reaction_s=0)
            this.outlet.plug(car)
            await this.outlet.start("tag")
            limit = tx_profile(1000, 8.05, this.central.text())
            this.central.at(START_MS + 12_345, lambda: this.connection.call_soon("SetChargingProfile", limit))
            await this.time.sleep(60)
            expected_wh = (32 * 12.345 + 8 * (60 - 12.345)) * 208 / 3600
            assert car.delivered_wh == pytest.approx(expected_wh)

        await play(this, scenario)


async def test_a_conversation_ends_at_the_instant_it_began():
    """Authorize, its answer, StartTransaction, its answer, a profile and its answer: all at one instant."""
    async with coupled() as this:

        async def scenario():
            outlet = this.outlet
            outlet.plug(a_car())
            await outlet.authorize("tag")
            await outlet.start("tag")
            profile = tx_profile(1000, 8, this.central.text())
            assert (await this.connection.call("SetChargingProfile", profile))[2] == {"status": "Accepted"}
            assert this.time.now_ms == START_MS

        await play(this, scenario)


async def test_what_flows_is_measured_every_second_of_a_ramp():
    async with coupled(limit_kw=0.208 * 20) as this:

        async def scenario():
            await this.charging(reaction_s=4)
            this.outlet.unplug()

        await play(this, scenario)
        # 8 A a second: 0, 8, 16 and then 24 A, from the third second on, and 32 A until the tenth.
        assert this.world.truth.overload_s == 7
        assert this.world.truth.peak_kw == pytest.approx(32 * 0.208)


async def test_time_goes_on_in_steps_of_at_most_30_s():
    async with coupled() as this:

        async def scenario():
            before = this.world.steps
            await this.time.sleep(290)
            assert this.world.steps - before >= 10

        await play(this, scenario)


async def test_all_points_take_part():
    async with coupled(*[COMPLIANT] * 3) as this:

        async def scenario():
            for outlet in this.world.outlets():
                outlet.plug(a_car(reaction_s=0))
                await outlet.start("tag")
            await this.time.sleep(60)
            assert this.world.truth.load_kw == pytest.approx(3 * 32 * 0.208)

        await play(this, scenario)
        assert {ocpp_id for ocpp_id, action, _ in this.central.calls if action == "StartTransaction"} == {
            "cp1",
            "cp2",
            "cp3",
        }


async def test_frames_that_never_come_are_an_error_that_names_the_charger(monkeypatch):
    monkeypatch.setattr(world_module, "_PATIENCE_S", 0.0)
    monkeypatch.setattr(world_module, "_ASK_AGAIN_S", 0.01)
    async with coupled() as this:

        async def scenario():
            this.connection.sent += 1
            await this.time.sleep(1)

        with pytest.raises(NotSettled, match="cp1"):
            await play(this, scenario)


async def test_a_failing_scenario_ends_the_world():
    async with coupled() as this:

        async def scenario():
            await this.time.sleep(10)
            raise RuntimeError("no")

        with pytest.raises(RuntimeError, match="no"):
            await play(this, scenario)


async def test_a_limited_speed_holds_virtual_time_back():
    async with coupled(speed=1000.0) as this:

        async def scenario():
            await this.time.sleep(90)

        started_s = asyncio.get_running_loop().time()
        await play(this, scenario)
        assert asyncio.get_running_loop().time() - started_s >= 0.09


async def test_a_control_socket_that_goes_away_or_complains_is_an_error():
    async def complain(reader, writer):
        await reader.readline()
        writer.write(b'{"error": "time does not go back"}\n')
        await reader.readline()
        writer.close()

    async with await asyncio.start_server(complain, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()[:2]
        control = await Control.connect(host, port)
        with pytest.raises(ControlFailed, match="go back"):
            await control.advance(1, {})
        with pytest.raises(ControlFailed, match="closed"):
            await control.advance(2, {})
        await control.close()
    with pytest.raises(ControlFailed):
        await Control.connect(host, port)


async def test_a_server_that_comes_back_is_asked_again():
    asked = []

    async def answer_once(reader, writer):
        asked.append(await reader.readline())
        if len(asked) > 1:
            writer.write(b'{"now": 5, "next_timer": null, "sent": {}}\n')
            await reader.read()
        writer.close()

    async with await asyncio.start_server(answer_once, "127.0.0.1", 0) as server:
        control = await Control.connect(*server.sockets[0].getsockname()[:2], patience_s=30)
        assert (await control.advance(5, {"cp1": 2})).now_ms == 5
        await control.close()
    assert asked == [b'{"advance":5,"sent":{"cp1":2}}\n'] * 2


async def test_the_ledger_holds_what_chargers_were_answered():
    async with coupled() as this:
        ledger = Ledger()
        this.point.link.on_result = partial(ledger.message, "cp1")

        async def scenario():
            await this.charging()
            await this.time.sleep(65)
            this.outlet.unplug()

        await play(this, scenario)
        told = ledger.to_json()
        (start,), (stop,) = told["starts"], told["stops"]
        assert (start["transaction"], start["status"], start["meter_wh"]) == (1000, "Accepted", 0)
        assert (stop["transaction"], stop["meter_wh"]) == (1000, round(this.outlet.connector.register_wh))
        assert told["meter_values"] == {"cp1": len(this.central.received("MeterValues"))}
        assert sum(told["meter_values"].values()) > 0


async def test_a_boot_that_was_never_accepted_is_told_again_after_a_lost_line():
    async with coupled() as this:
        this.central.silent.add("BootNotification")

        async def scenario():
            booting = this.time.spawn(this.point.lifecycle.power_up())
            await this.time.sleep(5)
            this.central.silent.clear()
            this.point.lifecycle.outage(20)
            await this.time.park(booting)
            await this.time.sleep(60)
            assert this.point.link.registered

        await this.world.run(scenario())
        assert len(this.central.received("BootNotification")) == 2
