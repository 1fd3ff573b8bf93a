"""How charge points differ from the obedient one: each difference by itself, and that they combine."""

import pytest

from simulators.charger.personality import BEHAVIOURS, Personality, personality
from simulators.time.virtual_time import rfc3339
from tests.simulators.charger.coupled import START_MS, a_car, coupled, play
from tests.simulators.charger.test_charge_point import floor, lease


def test_behaviours_combine():
    odd = personality("non_compliant", "late", "watts_only")
    assert (odd.applies_profiles, odd.answer_delay_s > 0, odd.rate_units) == (False, True, ("W",))
    assert personality() == personality("compliant") == Personality()
    for name in BEHAVIOURS:
        personality(name)


async def test_a_liar_accepts_and_applies_nothing():
    async with coupled(personality("non_compliant")) as this:

        async def scenario():
            assert await this.profile(0, floor(6)) == "Accepted"
            car = await this.charging()
            assert await lease(this, 8) == "Accepted"
            await this.time.sleep(30)
            assert car.current_a(this.time.now_ms) == 32
            told = await this.connection.call("GetCompositeSchedule", {"connectorId": 1, "duration": 60})
            assert told[2]["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 8

        await play(this, scenario)


@pytest.mark.parametrize(("name", "refused", "obeyed"), [("watts_only", "A", "W"), ("amps_only", "W", "A")])
async def test_one_unit_only(name, refused, obeyed):
    limits = {"A": 10.0, "W": 2080.0}
    async with coupled(personality(name)) as this:

        async def scenario():
            assert await this.profile(0, floor(limits[refused], refused)) == "Rejected"
            assert await this.profile(0, floor(limits[obeyed], obeyed)) == "Accepted"
            assert this.outlet.connector.limit_a() == 10
            key = {"key": ["ChargingScheduleAllowedChargingRateUnit"]}
            told = (await this.connection.call("GetConfiguration", key))[2]["configurationKey"][0]["value"]
            assert told == {"A": "Current", "W": "Power"}[obeyed]

        await play(this, scenario)


async def test_amps_only_knows_one_stack_level():
    async with coupled(personality("amps_only")) as this:

        async def scenario():
            assert await this.profile(0, floor(8, stack=1)) == "Rejected"
            told = await this.connection.call("GetConfiguration", {"key": ["ChargeProfileMaxStackLevel"]})
            assert told[2]["configurationKey"][0]["value"] == "0"

        await play(this, scenario)


@pytest.mark.parametrize(("name", "offline_a"), [("keeps_profile", 10), ("drops_profile", 6)])
async def test_what_is_left_of_a_lease_without_a_connection(name, offline_a):
    async with coupled(personality(name)) as this:

        async def scenario():
            await this.profile(0, floor(6))
            car = await this.charging(reaction_s=1)
            await lease(this, 10)
            await this.time.sleep(10)
            this.point.lifecycle.outage(600)
            await this.time.sleep(10)
            assert car.current_a(this.time.now_ms) == offline_a

        await play(this, scenario)


@pytest.mark.parametrize(("name", "stops"), [("replays", 1), ("forgets", 0)])
async def test_what_is_told_after_an_outage(name, stops):
    async with coupled(personality(name)) as this:

        async def scenario():
            await this.charging()
            this.point.lifecycle.outage(60)
            this.outlet.unplug()
            await this.time.sleep(120)
            assert this.point.link.connected

        await play(this, scenario)
        assert len(this.central.received("StopTransaction")) == stops


@pytest.mark.parametrize(("name", "boots"), [("compliant", 2), ("no_boot", 1)])
async def test_whether_a_reconnect_boots(name, boots):
    async with coupled(personality(name)) as this:

        async def scenario():
            this.point.lifecycle.outage(60)
            await this.time.sleep(120)

        await play(this, scenario)
        assert len(this.central.received("BootNotification")) == boots
        assert len(this.central.received("StatusNotification")) == 2


@pytest.mark.parametrize(("name", "resumed_a"), [("compliant", 12), ("no_resume", 0)])
async def test_whether_it_resumes_from_0(name, resumed_a):
    async with coupled(personality(name)) as this:

        async def scenario():
            await this.profile(0, floor(0))
            car = await this.charging(reaction_s=1)
            for limit_a, current_a in ((12, 12), (0, 0), (12, resumed_a)):
                await lease(this, limit_a)
                await this.time.sleep(5)
                assert car.current_a(this.time.now_ms) == current_a
            this.outlet.unplug()
            await this.profile(0, floor(9))
            again = await this.charging(reaction_s=1)
            assert again.current_a(this.time.now_ms) == 9

        await play(this, scenario)


async def test_kwh_per_phase_with_padding_and_without_totals():
    async with coupled(personality("kwh_per_phase"), phases=3) as this:

        async def scenario():
            this.outlet.connector.register_wh = 4500.0
            this.outlet.reports.meter_values("triggered")

        await play(this, scenario)
        samples = this.central.received("MeterValues")[0]["meterValue"][0]["sampledValue"]
        energies = [sample for sample in samples if sample["measurand"] == "Energy.Active.Import.Register"]
        assert [(e["phase"], float(e["value"]), e["unit"]) for e in energies] == [
            ("L1", 1.5, "kWh"), ("L2", 1.5, "kWh"), ("L3", 1.5, "kWh"),
        ]  # fmt: skip
        assert energies[0]["value"] == " 1.500000 "
        assert all("phase" in sample for sample in samples)


async def test_the_obedient_names_phases_only_where_there_are_several():
    async with coupled(phases=3) as this:

        async def scenario():
            this.outlet.reports.meter_values("triggered")

        await play(this, scenario)
        samples = this.central.received("MeterValues")[0]["meterValue"][0]["sampledValue"]
        assert [sample.get("phase") for sample in samples] == [None, "L1", "L2", "L3", None]


async def test_the_late_answers_only_after_a_while_but_obeys_at_once():
    async with coupled(personality("late")) as this:

        async def scenario():
            answer = this.connection.call_soon("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": floor(7)})
            await this.time.sleep(7)
            assert this.outlet.connector.limit_a() == 7
            assert not answer.done()
            await this.time.sleep(2)
            assert answer.result()[2] == {"status": "Accepted"}

        await play(this, scenario)


@pytest.mark.parametrize(("name", "at_once"), [("compliant", 1), ("two_calls", 2)])
async def test_how_many_calls_wait_for_an_answer_at_once(name, at_once):
    async with coupled(personality(name)) as this:

        async def scenario():
            this.central.silent.add("Heartbeat")
            for _ in range(3):
                this.point.heartbeat()
            await this.time.sleep(1)
            assert len(this.central.received("Heartbeat")) == at_once

        await play(this, scenario)


async def test_with_two_calls_at_once_a_stop_still_waits_for_the_id_of_its_transaction():
    async with coupled(personality("two_calls")) as this:
        this.central.silent.add("StartTransaction")

        async def scenario():
            this.outlet.plug(a_car())
            this.time.spawn(this.outlet.start("tag"))
            await this.time.sleep(1)
            this.outlet.unplug()
            await this.time.sleep(10)
            assert this.central.received("StopTransaction") == []
            this.central.silent.clear()
            await this.time.sleep(60)

        await play(this, scenario)
        assert [stop["transactionId"] for stop in this.central.received("StopTransaction")] == [1000]
        assert this.central.received("StopTransaction")[0]["timestamp"] == rfc3339(START_MS + 1000)


async def test_a_session_register_starts_at_0_although_the_start_is_of_a_lifetime():
    async with coupled(personality("session_register")) as this:

        async def scenario():
            for _ in range(2):
                await this.charging(reaction_s=0)
                await this.time.sleep(1790)
                this.outlet.reports.meter_values("triggered")
                this.outlet.unplug()

        await play(this, scenario)
        starts = [start["meterStart"] for start in this.central.received("StartTransaction")]
        assert starts == [7_930_000, 7_933_328]
        stops = [stop["meterStop"] for stop in this.central.received("StopTransaction")]
        assert stops == [3328, 3328]
        last = this.central.received("MeterValues")[-1]["meterValue"][0]["sampledValue"]
        assert next(one["value"] for one in last if one["measurand"].startswith("Energy")) == "3328"


async def test_a_clock_that_is_ahead_dates_reports_and_times_schedules():
    async with coupled(personality("clock_ahead")) as this:

        async def scenario():
            car = await this.charging(reaction_s=0)
            await this.connection.call("ChangeConfiguration", {"key": "ClockAlignedDataInterval", "value": "30"})
            assert await lease(this, 10, duration_s=60) == "Accepted"
            assert car.current_a(this.time.now_ms) == 32, "by its clock, this schedule was over long ago"
            for stack, limit_a, in_s in ((1, 10, 7200), (2, 6, 7230)):
                by_its_clock = floor(limit_a, stack=stack) | {"chargingProfileId": stack}
                by_its_clock["chargingSchedule"]["startSchedule"] = rfc3339(this.time.now_ms + in_s * 1000)
                assert await this.profile(0, by_its_clock) == "Accepted"
            await this.time.sleep(29)
            assert car.current_a(this.time.now_ms) == 10
            await this.time.sleep(1)
            assert car.current_a(this.time.now_ms) == 6

        await play(this, scenario)
        (start,) = this.central.received("StartTransaction")
        assert start["timestamp"] == rfc3339(START_MS + 7_200_000)
        first, *_ = this.central.received("MeterValues")
        assert first["meterValue"][0]["timestamp"] == rfc3339(START_MS - START_MS % 30_000 + 30_000 + 7_200_000)


async def test_of_three_stops_one_is_lost_although_the_outlet_is_free():
    async with coupled(personality("loses_stop")) as this:

        async def scenario():
            for _ in range(4):
                await this.charging(reaction_s=0)
                this.outlet.unplug()
                await this.time.sleep(10)

        await play(this, scenario)
        assert [stop["transactionId"] for stop in this.central.received("StopTransaction")] == [1000, 1001, 1003]
        assert this.central.received("StatusNotification")[-1]["status"] == "Available"
        assert this.outlet.connector.transaction is None
