"""A charge point with two connectors: each has its car, transaction, register, profiles and status; 0 is the whole."""

import pytest

from simulators.time.virtual_time import rfc3339
from tests.simulators.charger.central_system import tx_profile
from tests.simulators.charger.coupled import START_MS, a_car, coupled, play
from tests.simulators.charger.test_charge_point import floor


async def call(this, action: str, **fields) -> str:
    """The status of the first point's answer."""
    return (await this.connection.call(action, fields))[2]["status"]


async def charging(this, number: int, token: str):
    """The outlet, with a car that charges there."""
    outlet = this.point.outlets[number]
    outlet.plug(a_car(reaction_s=0))
    assert await outlet.start(token) == "Accepted"
    return outlet


def station_maximum(limit_a: float) -> dict:
    return floor(limit_a) | {"chargingProfileId": 9, "chargingProfilePurpose": "ChargePointMaxProfile"}


async def test_each_outlet_has_an_id_and_reports_by_its_connector():
    async with coupled(connectors=2) as this:

        async def scenario():
            one, two = this.point.outlets.values()
            assert (one.id, two.id) == ("cp1:1", "cp1:2")
            (key,) = (await this.connection.call("GetConfiguration", {"key": ["NumberOfConnectors"]}))[2][
                "configurationKey"
            ]
            assert key["value"] == "2"
            two.plug(a_car())
            await two.start("second")
            await this.time.sleep(60)
            assert (one.status, two.status) == ("Available", "Charging")

        await play(this, scenario)
        statuses = [(sent["connectorId"], sent["status"]) for sent in this.central.received("StatusNotification")]
        assert statuses == [
            (0, "Available"),
            (1, "Available"),
            (2, "Available"),
            (2, "Preparing"),
            (2, "Charging"),
        ]
        (start,) = this.central.received("StartTransaction")
        assert (start["connectorId"], start["idTag"]) == (2, "second")
        (meter,) = this.central.received("MeterValues")
        assert (meter["connectorId"], meter["transactionId"]) == (2, 1000)


async def test_the_stop_of_one_leaves_the_other():
    async with coupled(connectors=2) as this:

        async def scenario():
            one = await charging(this, 1, "first")
            two = await charging(this, 2, "second")
            await this.time.sleep(1800)
            one.unplug()
            await this.time.sleep(1800)
            assert (one.connector.current_a(), two.connector.current_a()) == (0, 32)
            assert (one.connector.register_wh, two.connector.register_wh) == pytest.approx((3328, 6656))

        await play(this, scenario)
        (stop,) = this.central.received("StopTransaction")
        assert (stop["transactionId"], stop["idTag"], stop["meterStop"]) == (1000, "first", 3328)


async def test_a_tx_profile_holds_for_its_connector_and_goes_with_its_transaction():
    async with coupled(connectors=2) as this:

        async def scenario():
            one = await charging(this, 1, "first")
            two = await charging(this, 2, "second")
            limits = {}
            for number, limit_a in ((1, 10.05), (2, 14.05)):
                running = this.point.outlets[number].connector.transaction
                asked = tx_profile(running.id, limit_a, rfc3339(START_MS), id_=number)
                limits[number] = asked["csChargingProfiles"]
            assert await this.profile(1, limits[2]) == "Rejected", "the transaction of the other connector"
            assert await this.profile(3, limits[2]) == "Rejected", "no such connector"
            assert await this.profile(1, limits[1]) == await this.profile(2, limits[2]) == "Accepted"
            assert (one.connector.limit_a(), two.connector.limit_a()) == (10, 14)
            one.stop("Local")
            assert (one.connector.limit_a(), two.connector.limit_a()) == (32, 14)

        await play(this, scenario)


async def test_a_default_on_0_holds_for_each_connector_and_one_of_its_own_goes_before_it():
    async with coupled(connectors=2) as this:

        async def scenario():
            one = await charging(this, 1, "first")
            two = await charging(this, 2, "second")
            await this.profile(0, floor(6))
            assert (one.connector.current_a(), two.connector.current_a()) == (6, 6)
            await this.profile(2, floor(8) | {"chargingProfileId": 2})
            assert (one.connector.current_a(), two.connector.current_a()) == (6, 8)

        await play(this, scenario)


async def test_the_maximum_of_the_whole_is_shared_by_those_who_charge():
    async with coupled(connectors=2) as this:

        async def scenario():
            await this.profile(0, station_maximum(20))
            one = await charging(this, 1, "first")
            assert one.connector.current_a() == 20
            two = await charging(this, 2, "second")
            await this.time.sleep(1)
            assert (one.connector.current_a(), two.connector.current_a()) == (10, 10)
            two.stop("Local")
            await this.time.sleep(1)
            assert one.connector.current_a() == 20

        await play(this, scenario)


@pytest.mark.parametrize(
    ("message", "connector", "reported"),
    [
        ("StatusNotification", None, [0, 1, 2]),
        ("StatusNotification", 2, [2]),
        ("MeterValues", None, [1, 2]),
        ("MeterValues", 1, [1]),
    ],
)
async def test_a_trigger_is_about_one_connector_or_all(message, connector, reported):
    async with coupled(connectors=2) as this:

        async def scenario():
            await this.time.sleep(1)
            before = len(this.central.received(message))
            fields = {"requestedMessage": message} | ({} if connector is None else {"connectorId": connector})
            assert await call(this, "TriggerMessage", **fields) == "Accepted"
            await this.time.sleep(1)
            assert [sent["connectorId"] for sent in this.central.received(message)[before:]] == reported
            assert await call(this, "TriggerMessage", requestedMessage=message, connectorId=3) == "Rejected"

        await play(this, scenario)


async def test_remote_start_stop_and_unlock_are_of_a_connector():
    async with coupled(connectors=2) as this:

        async def scenario():
            one, two = this.point.outlets.values()
            two.plug(a_car())
            assert await call(this, "RemoteStartTransaction", idTag="r", connectorId=1) == "Rejected"
            assert await call(this, "RemoteStartTransaction", idTag="r") == "Accepted"
            await this.time.sleep(5)
            assert two.status == "Charging"
            await charging(this, 1, "first")
            assert await call(this, "UnlockConnector", connectorId=3) == "NotSupported"
            assert await call(this, "UnlockConnector", connectorId=1) == "Unlocked"
            assert (one.connector.transaction, two.status) == (None, "Charging")
            assert await call(this, "RemoteStopTransaction", transactionId=1000) == "Accepted"
            await this.time.sleep(1)
            assert two.connector.transaction is None

        await play(this, scenario)
        reasons = {stop["transactionId"]: stop["reason"] for stop in this.central.received("StopTransaction")}
        assert reasons == {1001: "UnlockCommand", 1000: "Remote"}


async def test_a_reset_ends_the_transactions_of_all_connectors():
    async with coupled(connectors=2) as this:

        async def scenario():
            await charging(this, 1, "first")
            await charging(this, 2, "second")
            assert await call(this, "Reset", type="Soft") == "Accepted"
            await this.time.sleep(120)

        await play(this, scenario)
        assert [stop["reason"] for stop in this.central.received("StopTransaction")] == ["SoftReset"] * 2
        assert len(this.central.received("BootNotification")) == 2


async def test_a_composite_schedule_is_of_one_connector():
    async with coupled(connectors=2) as this:

        async def scenario():
            await this.profile(2, floor(9))
            for connector, limit in ((1, 32), (2, 9)):
                answer = await this.connection.call("GetCompositeSchedule", {"connectorId": connector, "duration": 60})
                assert answer[2]["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": limit}]
            assert await call(this, "GetCompositeSchedule", connectorId=0, duration=60) == "Rejected"

        await play(this, scenario)
