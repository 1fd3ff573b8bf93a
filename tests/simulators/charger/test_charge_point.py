"""An obedient charge point, on a real WebSocket."""

from base64 import b64encode

import pytest

from simulators.charger.charge_point import ChargePoint
from simulators.charger.dial import CouldNotConnect
from simulators.charger.link import CallFailed
from simulators.time.virtual_time import VirtualTime, parse_ms, rfc3339
from tests.simulators.charger.central_system import PASSWORD, tx_profile
from tests.simulators.charger.coupled import START_MS, a_car, coupled, play


def floor(limit_a=6.0, unit="A", stack=0) -> dict:
    return {
        "chargingProfileId": 1,
        "stackLevel": stack,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "startSchedule": rfc3339(START_MS),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit_a}],
        },
    }


async def lease(this, limit_a: float, duration_s: int | None = None) -> str:
    """The status that the first point answers to a limit for its running transaction."""
    told = tx_profile(
        this.outlet.connector.transaction.id, limit_a + 0.05, rfc3339(this.time.now_ms), duration_s=duration_s
    )
    return await this.profile(1, told["csChargingProfiles"])


async def test_it_connects_with_basic_auth_and_subprotocol_and_boots():
    async with coupled() as this:

        async def scenario():
            (handshake,) = this.central.handshakes
            basic = b64encode(f"cp1:{PASSWORD}".encode()).decode()
            assert handshake.path == "/ocpp/cp1"
            assert handshake.headers["Authorization"] == f"Basic {basic}"
            assert this.connection.socket.subprotocol == "ocpp1.6"

        await play(this, scenario)
        assert [action for _, action, _ in this.central.calls] == ["BootNotification", "StatusNotification"]
        assert this.central.received("StatusNotification")[0]["status"] == "Available"


async def test_wrong_credentials_are_an_error():
    async with coupled() as this:
        stranger = ChargePoint(VirtualTime(0), this.ocpp_url, "cp1", "wrong")
        with pytest.raises(CouldNotConnect, match="401"):
            await stranger.lifecycle.power_up()


async def test_until_its_boot_is_accepted_it_says_nothing_else():
    async with coupled() as this:
        statuses = iter(["Pending", "Rejected", "Accepted"])
        this.central.answers["BootNotification"] = lambda *_: {
            "status": next(statuses), "interval": 20, "currentTime": this.central.text(),
        }  # fmt: skip

        async def scenario():
            assert this.time.now_ms == START_MS + 40_000

        await play(this, scenario)
        actions = [action for _, action, _ in this.central.calls]
        assert actions == ["BootNotification"] * 3 + ["StatusNotification"]


async def test_it_beats_as_told():
    async with coupled() as this:

        async def scenario():
            await this.time.sleep(900)

        await play(this, scenario)
        assert len(this.central.received("Heartbeat")) == 3


async def test_a_session_from_plug_to_unplug():
    async with coupled() as this:

        async def scenario():
            outlet = this.outlet
            outlet.connector.register_wh = 1000.4
            car = a_car(reaction_s=0)
            outlet.plug(car)
            assert await outlet.authorize("tag-1") == "Accepted"
            assert await outlet.start("tag-1") == "Accepted"
            await this.time.sleep(1800)
            assert outlet.connector.current_a() == 32
            outlet.unplug()
            assert outlet.connector.current_a() == 0
            assert car.delivered_wh == pytest.approx(32 * 208 / 2)

        await play(this, scenario)
        statuses = [payload["status"] for payload in this.central.received("StatusNotification")]
        assert statuses == ["Available", "Preparing", "Charging", "Finishing", "Available"]
        (start,) = this.central.received("StartTransaction")
        assert start == {"connectorId": 1, "idTag": "tag-1", "meterStart": 1000, "timestamp": rfc3339(START_MS)}
        (stop,) = this.central.received("StopTransaction")
        assert stop == {
            "transactionId": 1000, "idTag": "tag-1", "meterStop": 1000 + 3328, "reason": "EVDisconnected",
            "timestamp": rfc3339(START_MS + 1_800_000),
        }  # fmt: skip


async def test_an_id_tag_is_at_most_20_characters():
    async with coupled() as this:
        with pytest.raises(ValueError, match="20"):
            await this.outlet.authorize("x" * 21)


async def test_a_second_car_does_not_fit():
    async with coupled() as this:
        this.outlet.plug(a_car())
        with pytest.raises(ValueError, match="cp1"):
            this.outlet.plug(a_car())


async def test_a_start_that_is_not_accepted_ends():
    async with coupled() as this:
        this.central.answers["StartTransaction"] = lambda *_: {
            "transactionId": 5, "idTagInfo": {"status": "Blocked"},
        }  # fmt: skip
        this.central.answers["StopTransaction"] = lambda *_: {}

        async def scenario():
            this.outlet.plug(a_car())
            assert await this.outlet.start("tag") == "Blocked"
            assert this.outlet.connector.transaction is None

        await play(this, scenario)
        assert [stop["reason"] for stop in this.central.received("StopTransaction")] == ["DeAuthorized"]


async def test_a_call_that_is_never_answered_fails_after_a_minute_and_the_next_one_goes_out():
    async with coupled() as this:
        this.central.silent.add("Authorize")

        async def scenario():
            with pytest.raises(CallFailed, match="Timeout"):
                await this.outlet.authorize("tag")
            assert this.time.now_ms == START_MS + 60_000
            this.central.silent.clear()
            assert await this.outlet.authorize("tag") == "Accepted"

        await play(this, scenario)


async def test_a_decision_may_take_its_time_and_the_world_goes_on():
    async with coupled() as this:
        this.central.silent.add("Authorize")

        async def scenario():
            outlet, connection = this.outlet, this.connection
            this.time.at(
                START_MS + 20_000,
                lambda: connection.write([3, connection.last_call, {"idTagInfo": {"status": "Blocked"}}]),
            )
            assert await outlet.authorize("tag") == "Blocked"
            assert this.time.now_ms == START_MS + 20_000

        await play(this, scenario)


# Limits


async def test_outside_any_profile_it_gives_what_its_hardware_can():
    async with coupled() as this:

        async def scenario():
            car = await this.charging(max_current_a=48)
            assert car.current_a(this.time.now_ms) == 32

        await play(this, scenario)


async def test_a_lease_limits_the_running_transaction_and_lapses_to_the_floor():
    async with coupled() as this:

        async def scenario():
            assert await this.profile(0, floor(6)) == "Accepted"
            car = await this.charging(reaction_s=2)
            assert car.current_a(this.time.now_ms) == 6
            assert await lease(this, 16, duration_s=60) == "Accepted"
            await this.time.sleep(30)
            assert car.current_a(this.time.now_ms) == 16
            await this.time.sleep(40)
            assert car.current_a(this.time.now_ms) == 6

        await play(this, scenario)


async def test_a_floor_of_0_suspends_and_a_lease_resumes():
    async with coupled() as this:

        async def scenario():
            await this.profile(0, floor(0))
            car = await this.charging(reaction_s=1)
            assert (this.outlet.status, car.current_a(this.time.now_ms)) == ("SuspendedEVSE", 0)
            await lease(this, 10)
            await this.time.sleep(5)
            assert (this.outlet.status, car.current_a(this.time.now_ms)) == ("Charging", 10)
            await lease(this, 5.9)
            await this.time.sleep(5)
            assert (this.outlet.status, car.current_a(this.time.now_ms)) == ("SuspendedEVSE", 0)

        await play(this, scenario)


async def test_a_tx_profile_without_its_transaction_is_rejected_and_ends_with_it():
    async with coupled() as this:

        async def scenario():
            stray = tx_profile(77, 10, rfc3339(START_MS))["csChargingProfiles"]
            assert await this.profile(1, stray) == "Rejected"
            await this.charging()
            assert await this.profile(1, stray) == "Rejected"
            await lease(this, 8)
            this.outlet.unplug()
            car = await this.charging()
            assert car.current_a(this.time.now_ms) == 32

        await play(this, scenario)


async def test_the_car_that_is_full_suspends_the_transaction_at_that_very_instant():
    async with coupled() as this:

        async def scenario():
            await this.charging(battery_kwh=10, level=0.2, target=0.3, reaction_s=0)
            await this.outlet.status_changed.wait()
            assert this.outlet.status == "SuspendedEV"
            expected_ms = START_MS + 1000 / (32 * 208) * 3_600_000
            assert this.time.now_ms == pytest.approx(expected_ms, abs=2)

        await play(this, scenario)


async def test_composite_schedule_clearing_and_what_is_left():
    async with coupled() as this:

        async def scenario():
            await this.profile(0, floor(9))
            ask = {"connectorId": 1, "duration": 60, "chargingRateUnit": "A"}
            answer = await this.connection.call("GetCompositeSchedule", ask)
            assert answer[2]["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 9}]
            assert (await this.connection.call("ClearChargingProfile", {"id": 1}))[2] == {"status": "Accepted"}
            assert (await this.connection.call("ClearChargingProfile", {"id": 1}))[2] == {"status": "Unknown"}
            answer = await this.connection.call("GetCompositeSchedule", ask)
            assert answer[2]["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 32}]

        await play(this, scenario)


# What it is asked


async def test_configuration_is_told_and_changed_where_it_may_be():
    async with coupled() as this:

        async def scenario():
            call = this.connection.call
            told = (await call("GetConfiguration", {"key": ["NumberOfConnectors", "Nonsense"]}))[2]
            assert told == {
                "configurationKey": [{"key": "NumberOfConnectors", "readonly": True, "value": "1"}],
                "unknownKey": ["Nonsense"],
            }
            every = (await call("GetConfiguration", {}))[2]["configurationKey"]
            assert {"ChargingScheduleAllowedChargingRateUnit", "HeartbeatInterval"} <= {item["key"] for item in every}
            for key, value, status in (
                ("HeartbeatInterval", "60", "Accepted"),
                ("HeartbeatInterval", "often", "Rejected"),
                ("NumberOfConnectors", "2", "Rejected"),
                ("Nonsense", "1", "NotSupported"),
            ):
                assert (await call("ChangeConfiguration", {"key": key, "value": value}))[2] == {"status": status}

        await play(this, scenario)


async def test_clock_aligned_values_come_at_the_multiples_with_or_without_a_transaction():
    async with coupled() as this:

        async def scenario():
            await this.connection.call("ChangeConfiguration", {"key": "ClockAlignedDataInterval", "value": "30"})
            await this.time.sleep(55)
            await this.charging(reaction_s=0)
            await this.time.sleep(30)

        await play(this, scenario)
        told = this.central.received("MeterValues")
        at_ms = [parse_ms(payload["meterValue"][0]["timestamp"]) for payload in told]
        assert at_ms == [START_MS - START_MS % 30_000 + 30_000 * n for n in (1, 2, 3)]
        assert [payload.get("transactionId") for payload in told] == [None, None, 1000]
        samples = {sample["measurand"]: sample for sample in told[2]["meterValue"][0]["sampledValue"]}
        assert samples["Current.Import"]["value"] == "32.00"
        assert samples["Power.Active.Import"]["value"] == "6656"
        assert samples["Energy.Active.Import.Register"]["unit"] == "Wh"
        assert all(sample["context"] == "Sample.Clock" for sample in samples.values())


async def test_else_a_transaction_is_sampled():
    async with coupled() as this:

        async def scenario():
            await this.time.sleep(300)
            await this.charging()
            await this.time.sleep(120)
            this.outlet.unplug()
            await this.time.sleep(300)

        await play(this, scenario)
        told = this.central.received("MeterValues")
        assert [parse_ms(payload["meterValue"][0]["timestamp"]) - START_MS for payload in told] == [360_000, 420_000]
        assert {payload["transactionId"] for payload in told} == {1000}


@pytest.mark.parametrize("message", ["BootNotification", "Heartbeat", "MeterValues", "StatusNotification"])
async def test_it_says_what_it_is_triggered_to_say(message):
    async with coupled() as this:

        async def scenario():
            before = len(this.central.received(message))
            assert (await this.connection.call("TriggerMessage", {"requestedMessage": message}))[2] == {
                "status": "Accepted"
            }
            await this.time.sleep(1)
            assert len(this.central.received(message)) == before + 1

        await play(this, scenario)


async def test_what_it_cannot_do_is_answered_by_an_error():
    async with coupled() as this:

        async def scenario():
            call = this.connection.call
            assert (await call("DataTransfer", {}))[2] == "NotImplemented"
            assert (await call("SetChargingProfile", {}))[2] == "FormationViolation"
            told = (await call("TriggerMessage", {"requestedMessage": "FirmwareStatusNotification"}))[2]
            assert told == {"status": "NotImplemented"}

        await play(this, scenario)


async def test_remote_start_needs_a_plugged_car_and_remote_stop_its_transaction():
    async with coupled() as this:

        async def scenario():
            call = this.connection.call
            start = {"idTag": "remote", "connectorId": 1}
            assert (await call("RemoteStartTransaction", start))[2] == {"status": "Rejected"}
            this.outlet.plug(a_car())
            assert (await call("RemoteStartTransaction", start))[2] == {"status": "Accepted"}
            await this.time.sleep(5)
            assert this.outlet.status == "Charging"
            assert (await call("RemoteStopTransaction", {"transactionId": 9}))[2] == {"status": "Rejected"}
            assert (await call("RemoteStopTransaction", {"transactionId": 1000}))[2] == {"status": "Accepted"}
            await this.time.sleep(1)
            assert this.outlet.status == "Finishing"

        await play(this, scenario)
        assert [start["idTag"] for start in this.central.received("StartTransaction")] == ["remote"]
        assert [stop["reason"] for stop in this.central.received("StopTransaction")] == ["Remote"]


async def test_unlocking_ends_the_transaction():
    async with coupled() as this:

        async def scenario():
            await this.charging()
            assert (await this.connection.call("UnlockConnector", {"connectorId": 1}))[2] == {"status": "Unlocked"}
            assert this.outlet.connector.current_a() == 0

        await play(this, scenario)
        assert [stop["reason"] for stop in this.central.received("StopTransaction")] == ["UnlockCommand"]


async def test_a_reset_stops_boots_again_and_keeps_the_floor():
    async with coupled() as this:

        async def scenario():
            await this.profile(0, floor(6))
            await this.charging()
            assert (await this.connection.call("Reset", {"type": "Hard"}))[2] == {"status": "Accepted"}
            await this.time.sleep(60)
            assert this.outlet.connector.limit_a() == 6

        await play(this, scenario)
        assert len(this.central.received("BootNotification")) == 2
        assert [stop["reason"] for stop in this.central.received("StopTransaction")] == ["HardReset"]


# Outages


async def test_in_an_outage_it_keeps_its_profile_and_tells_the_transaction_afterwards_in_order():
    async with coupled() as this:

        async def scenario():
            car = await this.charging(reaction_s=0)
            await lease(this, 10)
            await this.time.sleep(20)
            this.point.lifecycle.outage(300)
            await this.time.sleep(130)
            assert not this.point.link.connected
            assert car.current_a(this.time.now_ms) == 10
            this.outlet.unplug()
            await this.time.sleep(300)
            assert this.point.link.connected

        await play(this, scenario)
        told = [action for _, action, _ in this.central.calls]
        again = told[told.index("BootNotification", 1) :]
        assert [action for action in again if action not in ("StatusNotification", "Heartbeat")] == [
            "BootNotification", "MeterValues", "MeterValues", "StopTransaction",
        ]  # fmt: skip
        (stop,) = this.central.received("StopTransaction")
        assert stop["timestamp"] == rfc3339(START_MS + 160_000)


async def test_a_start_whose_answer_was_lost_is_told_again_with_the_same_facts():
    async with coupled() as this:
        this.central.silent.add("StartTransaction")

        async def scenario():
            this.outlet.plug(a_car())
            started = this.time.spawn(this.outlet.start("tag"))
            await this.time.sleep(5)
            this.central.silent.clear()
            this.point.lifecycle.outage(20)
            assert await this.time.park(started) == "Accepted"

        await play(this, scenario)
        first, second = this.central.received("StartTransaction")
        assert first == second


async def test_a_socket_that_the_other_side_closes_is_opened_again():
    async with coupled() as this:

        async def scenario():
            await this.connection.socket.close()
            await this.time.sleep(30)
            assert this.point.link.connected

        await play(this, scenario)
        assert len(this.central.handshakes) == 2
