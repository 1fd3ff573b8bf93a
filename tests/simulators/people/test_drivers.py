"""Drivers at a site of the small central system: they know it by REST and by plugging in."""

from random import Random

import pytest

from simulators.charger.personality import COMPLIANT
from simulators.people.board import Board
from simulators.people.day import Visit
from simulators.people.drivers import Hub, Member, WalkUp
from simulators.time.virtual_time import rfc3339
from tests.simulators.charger.coupled import START_MS, Coupled, a_car, coupled, play

MINUTE_MS = 60_000


class Steady(Random):
    """Never snoozes, or always does; else as seeded."""

    def __init__(self, seed: int, snoozes: bool) -> None:
        super().__init__(seed)
        self._snoozes = snoozes

    def random(self) -> float:
        return 0.0 if self._snoozes else 1.0


def a_hub(this: Coupled) -> Hub:
    outlets = {outlet.id: outlet for outlet in this.world.outlets()}
    return Hub(this.time, this.api, Board(this.time, this.api, "site"), "site", outlets)


def a_visit(name="v1", minutes=60, need_permille=20, arrives_ms=START_MS + MINUTE_MS) -> Visit:
    return Visit(name, arrives_ms, arrives_ms + minutes * MINUTE_MS, 50.0, 300, 300 + need_permille, 2.0)


def a_member(hub: Hub, visit: Visit, seed=1, snoozes=False) -> Member:
    return Member(hub, visit, f"tag-{visit.id}", Steady(seed, snoozes), f"vehicle-{visit.id}", hub.api)


def posts(this: Coupled) -> list[str]:
    return [path.removeprefix("/api/v1") for method, path, _ in this.central.rest_calls if method == "POST"]


async def live(this: Coupled, *drivers) -> None:
    async def scenario():
        lives = [this.time.spawn(driver.live()) for driver in drivers]
        for life in lives:
            await this.time.park(life)

    await play(this, scenario)


async def test_she_asks_accepts_comes_charges_and_stays_until_departure_where_nobody_waits():
    async with coupled(rest=True) as this:
        driver = a_member(a_hub(this), a_visit())
        await live(this, driver)
        life = driver.life
        assert posts(this) == ["/sessions/request", "/sessions/s1/accept"]
        request = next(body for _, path, body in this.central.rest_calls if path.endswith("/request"))
        assert request == {
            "vehicle_id": "vehicle-v1", "site_id": "site", "target_soc": 32.0, "current_soc": 30.0,
            "time_constraint_minutes": 60,
        }  # fmt: skip
        # At most 30 s until she looks, 20 to 60 s until she accepts, 60 to 120 s to drive there.
        assert 80_000 <= life.plugged_ms - life.arrival_ms <= 210_000
        assert this.central.received("Authorize") == [{"idTag": "tag-v1"}]
        assert life.energy_kwh == pytest.approx(1.0, abs=1e-4)
        assert life.left_ms == life.departure_ms
        assert life.done_ms < life.left_ms
        assert [life.charger, life.session, life.offers, life.phase] == ["cp1", "s1", 1, "gone"]
        assert this.outlet.status == "Available"


async def test_once_done_she_makes_room_5_minutes_after_she_is_told_that_somebody_waits():
    async with coupled(rest=True) as this:
        hub = a_hub(this)
        first = a_member(hub, a_visit("v1", minutes=90))
        second = a_member(hub, a_visit("v2", minutes=90, arrives_ms=START_MS + 2 * MINUTE_MS), seed=2)
        await live(this, first, second)
        told_ms = first.life.left_ms - 5 * MINUTE_MS
        assert 0 <= told_ms - first.life.done_ms <= 60_000
        assert second.life.plugged_ms > first.life.left_ms
        assert second.life.energy_kwh == pytest.approx(1.0, abs=1e-4)
        assert hub.board.queued_max == 1


async def test_she_leaves_at_departure_done_or_not():
    async with coupled(rest=True) as this:
        driver = a_member(a_hub(this), a_visit(minutes=20, need_permille=600))
        await live(this, driver)
        assert driver.life.left_ms == driver.life.departure_ms
        assert 0 < driver.life.energy_kwh < 3
        assert driver.life.done_ms is None
        assert len(this.central.received("StopTransaction")) == 1


async def test_who_never_gets_an_offer_cancels_at_departure():
    async with coupled(rest=True) as this:
        hub = a_hub(this)
        this.central.fleet = []
        driver = a_member(hub, a_visit(minutes=20))
        await live(this, driver)
        assert posts(this) == ["/sessions/request", "/sessions/s1/cancel"]
        assert driver.life.left_ms == driver.life.departure_ms
        assert driver.life.plugged_ms is None


async def test_a_snooze_is_followed_by_an_acceptance_2_minutes_later():
    async with coupled(rest=True) as this:
        driver = a_member(a_hub(this), a_visit(), snoozes=True)
        await live(this, driver)
        assert posts(this) == ["/sessions/request", "/sessions/s1/snooze", "/sessions/s1/accept"]
        assert driver.life.snoozes == 1
        assert driver.life.plugged_ms - driver.life.arrival_ms >= 200_000


async def test_one_look_serves_all_and_nobody_looks_while_all_charge():
    async with coupled(COMPLIANT, COMPLIANT, rest=True) as this:
        hub = a_hub(this)
        drivers = [a_member(hub, a_visit(f"v{n}", minutes=60, need_permille=150), seed=n) for n in (1, 2)]
        looks = []

        async def counting():
            lives = [this.time.spawn(driver.live()) for driver in drivers]
            await this.time.sleep_until(START_MS + 10 * MINUTE_MS)
            assert all(outlet.status == "Charging" for outlet in this.world.outlets())
            looks.append(seen())
            await this.time.sleep_until(START_MS + 40 * MINUTE_MS)
            looks.append(seen())
            for life in lives:
                await this.time.park(life)
            looks.append(seen())

        def seen():
            return sum(method == "GET" for method, _, _ in this.central.rest_calls)

        await play(this, counting)
        assert looks[0] == looks[1] <= 10
        assert looks[2] - looks[1] <= 32


async def test_a_refused_token_is_tried_again_and_then_given_up():
    async with coupled(rest=True) as this:
        this.central.answers["Authorize"] = lambda *_: {"idTagInfo": {"status": "Blocked"}}
        driver = a_member(a_hub(this), a_visit())
        await live(this, driver)
        assert len(this.central.received("Authorize")) == 5
        assert this.central.received("StartTransaction") == []
        assert len(driver.life.notes) == 5
        assert this.outlet.status == "Available"
        assert driver.life.left_ms < driver.life.departure_ms


async def test_a_refused_request_is_noted():
    async with coupled(rest=True) as this:
        hub = a_hub(this)
        this.central.knows_sites = False
        driver = a_member(hub, a_visit())
        await live(this, driver)
        assert "404" in driver.life.notes[0]
        assert driver.life.phase == "gone"


async def test_a_transaction_that_is_ended_from_afar_is_over_for_her():
    async with coupled(rest=True) as this:
        driver = a_member(a_hub(this), a_visit(need_permille=500))

        async def scenario():
            life = this.time.spawn(driver.live())
            await this.time.sleep_until(START_MS + 10 * MINUTE_MS)
            await this.connection.call("RemoteStopTransaction", {"transactionId": 1000})
            await this.time.park(life)

        await play(this, scenario)
        assert driver.life.done_ms == START_MS + 10 * MINUTE_MS
        assert driver.life.left_ms == driver.life.departure_ms


async def test_a_life_tells_when_it_charged_and_when_it_was_paused():
    async with coupled(rest=True) as this:
        driver = a_member(a_hub(this), a_visit(need_permille=60))

        async def scenario():
            life = this.time.spawn(driver.live())
            await this.time.sleep_until(START_MS + 10 * MINUTE_MS)
            for limit_a in (0, 16):
                profile = {
                    "chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
                    "chargingProfileKind": "Absolute",
                    "chargingSchedule": {
                        "startSchedule": rfc3339(START_MS), "chargingRateUnit": "A",
                        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit_a}],
                    },
                }  # fmt: skip
                assert await this.profile(1, profile) == "Accepted"
                await this.time.sleep(120)
            await this.time.park(life)

        await play(this, scenario)
        life = driver.life
        assert life.paused == [(START_MS + 10 * MINUTE_MS, START_MS + 12 * MINUTE_MS)]
        assert life.charging[0] == (life.plugged_ms, START_MS + 10 * MINUTE_MS)
        assert life.charging[1] == (START_MS + 12 * MINUTE_MS, life.done_ms)
        assert life.paused_after_start
        assert life.to_json()["paused"] == [["2019-03-08T14:16:40.000Z", "2019-03-08T14:18:40.000Z"]]


async def test_a_walk_up_plugs_into_a_free_charger_with_a_token_nobody_knows():
    async with coupled(COMPLIANT, COMPLIANT, rest=True) as this:
        hub = a_hub(this)
        this.outlet.plug(a_car())
        walk_up = WalkUp(hub, a_visit(minutes=30, need_permille=500), "stranger", Random(1))
        await live(this, walk_up)
        assert walk_up.life.charger == "cp2"
        assert this.central.received("Authorize") == [{"idTag": "stranger"}]
        assert walk_up.life.energy_kwh > 2
        assert posts(this) == []


async def test_a_walk_up_who_finds_nothing_free_goes_away():
    async with coupled(rest=True) as this:
        hub = a_hub(this)
        members = [
            a_member(hub, a_visit(minutes=60)),
            WalkUp(hub, a_visit("w", arrives_ms=START_MS + 600_000), "x", Random(1)),
        ]
        await live(this, *members)
        assert members[1].life.plugged_ms is None
        assert members[1].life.left_ms == members[1].life.arrival_ms


async def test_whose_session_expires_asks_again_a_little_later():
    async with coupled(rest=True) as this:
        hub = a_hub(this)
        this.central.fleet = []
        driver = a_member(hub, a_visit(minutes=30))

        async def scenario():
            life = this.time.spawn(driver.live())
            await this.time.sleep_until(START_MS + 5 * MINUTE_MS)
            this.central.sessions["s1"]["state"] = "expired"
            this.central.fleet = ["cp1"]
            await this.time.park(life)

        await play(this, scenario)
        assert posts(this) == ["/sessions/request", "/sessions/request", "/sessions/s2/accept"]
        assert "expired" in driver.life.notes[0]
        assert driver.life.assigned_ms is not None
        assert driver.life.energy_kwh > 0
