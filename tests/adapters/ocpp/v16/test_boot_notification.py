"""BootNotification: recorded, always accepted, and a reason to send all limits anew."""

from __future__ import annotations

from ocpp.v16 import call

from domain.records.observations import Booted
from tests.adapters.ocpp.v16.charger import Station

BOOT = call.BootNotification(charge_point_vendor="Vendor", charge_point_model="Model", firmware_version="5")


async def test_it_is_accepted_with_our_time_and_an_interval(station: Station) -> None:
    answer = await station.send(BOOT)
    interval_s = answer.pop("interval")
    assert answer == {"status": "Accepted", "currentTime": "2026-01-01T00:00:00.000Z"}
    assert 240 < interval_s <= 300


async def test_chargers_get_different_intervals_and_each_its_own_again(station: Station) -> None:
    other = Station("CP2")
    first, second = (await station.send(BOOT))["interval"], (await other.send(BOOT))["interval"]
    assert first != second
    assert (await station.send(BOOT))["interval"] == first


async def test_it_is_recorded(station: Station) -> None:
    await station.send(BOOT)
    assert station.recorded() == [Booted(charger_id="CP1", vendor="Vendor", model="Model", firmware="5")]


async def test_the_limits_that_the_charger_had_may_be_lost(station: Station) -> None:
    assert not station.charger.has_rebooted
    await station.send(BOOT)
    assert station.charger.has_rebooted
    assert not station.charger.boot_answered.is_set()
    station.charger.boot_was_answered()
    assert not station.charger.has_rebooted
    assert station.charger.boot_answered.is_set()
    assert station.state.changed.is_set()


async def test_nothing_of_it_can_be_wrong(station: Station) -> None:
    odd = {"chargePointVendor": " V ", "chargePointModel": {}, "firmwareVersion": 5, "meterType": "x" * 500}
    assert (await station.send_raw("BootNotification", odd))["status"] == "Accepted"
    assert (await station.send_raw("BootNotification", {}))["status"] == "Accepted"
    assert station.recorded() == [
        Booted(charger_id="CP1", vendor="V", model="", firmware="5"),
        Booted(charger_id="CP1", vendor="", model="", firmware=""),
    ]
