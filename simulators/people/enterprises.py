"""Enterprises whose vehicles may have priority: synthetic, beside the recorded day.

Each is enrolled like a real one: it is registered, its administrator is added, its unit is enrolled, and the operator
approves it. Its own cloud reports the unit's telemetry, with a key of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from random import Random

from simulators.people.day import Visit, local_ms
from simulators.people.drivers import Hub, Member
from simulators.people.lives import Life
from simulators.people.vin import vin
from simulators.server.rest import Api, Key, Refused
from simulators.time.virtual_time import rfc3339
from simulators.world.sites import NEARBY

LogIn = Callable[[str, str, str | None], Awaitable[Api]]
"""Adds a user: address, role, enterprise."""
DAILY_GRANTS = 5
PUBLISHES_EVERY_MS = 60_000
PUBLISHES_BEFORE_MS = 5 * 60_000
"""Its cloud knows of the mission before the unit asks for a charger."""
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Plan:
    """An enterprise with one unit that comes once; `after_noon_min` is when, in minutes after 12:00."""

    unit: str
    kind: str
    enterprise: str
    name: str
    domain: str
    number: int
    after_noon_min: int
    stays_min: int
    battery_kwh: float
    level_permille: int
    target_permille: int

    def visit(self, day: date) -> Visit:
        arrival_ms = local_ms(day, 12) + self.after_noon_min * MINUTE_MS
        return Visit(
            self.unit,
            arrival_ms,
            arrival_ms + self.stays_min * MINUTE_MS,
            self.battery_kwh,
            self.level_permille,
            self.target_permille,
            reaction_s=2.0,
        )


PLANS = (
    Plan("van", "fleet", "deliveries", "City Deliveries", "deliveries.example", 900_001, 20, 150, 68.0, 300, 430),
    Plan("ambulance", "emergency", "ems", "Valley Ambulances", "ems.example", 900_002, 40, 120, 75.0, 350, 450),
)


class Unit(Member):
    """A vehicle on a mission, and the cloud that reports it."""

    def __init__(self, hub: Hub, plan: Plan, visit: Visit, random: Random, vehicle_id: str, api: Api, cloud: Api):
        super().__init__(hub, visit, plan.unit, random, vehicle_id, api)
        self.life.unit = plan.unit
        self._cloud = cloud

    async def live(self) -> None:
        publishing = self._time.spawn(self._publish())
        await super().live()
        await self._time.park(publishing)

    async def _publish(self) -> None:
        """Publish readings, from shortly before the arrival until the departure."""
        moment_ms = self.visit.arrival_ms - PUBLISHES_BEFORE_MS
        while self.life.phase != "gone" and moment_ms < self.visit.departure_ms:
            await self._time.sleep_until(moment_ms)
            await self._cloud.post(f"/vehicles/{self.vehicle_id}/telemetry", self._reading())
            moment_ms += PUBLISHES_EVERY_MS

    def _reading(self) -> dict[str, object]:
        level = self.visit.level_permille / 1000 if self.car is None else self.car.level
        return {
            "observed_at": rfc3339(self._time.now_ms),
            "soc": round(100 * level, 1),
            "plugged_in": self.life.phase == "plugged",
            "mission_active": True,
            "gps": NEARBY,
        }


async def enlist(hub: Hub, plan: Plan, visit: Visit, seed: int, log_in: LogIn, clouds: Callable[[Key], Api]) -> Unit:
    """Enrol an enterprise and its unit. Raises `Refused`, `Unreachable`."""
    described = {"id": plan.enterprise, "name": plan.name, "type": plan.kind, "domain": plan.domain}
    await hub.api.post("/enterprises", described)
    admin = await log_in(f"dispatch@{plan.domain}", "enterprise_admin", plan.enterprise)
    vehicle = await admin.post(
        "/vehicles",
        {
            "vin": vin(plan.number),
            "battery_kwh": visit.battery_kwh,
            "max_a": visit.max_current_a,
            "token": plan.unit,
            "priority_eligible": True,
        },
    )
    key = await admin.post(f"/enterprises/{plan.enterprise}/integration-keys")
    await hub.api.post(f"/enterprises/{plan.enterprise}/approve", {"daily_grants": DAILY_GRANTS})
    return Unit(hub, plan, visit, Random(f"{seed}:{plan.unit}"), vehicle["id"], admin, clouds(Key(key["key"])))


async def claim_a_mission(driver: Member) -> None:
    """A driver falsely claims that their own car is on a mission."""
    claim = {"observed_at": rfc3339(driver.now_ms), "mission_active": True, "gps": NEARBY}
    try:
        await driver.api.post(f"/vehicles/{driver.vehicle_id}/telemetry", claim)
    except Refused as refusal:
        driver.life.notes.append(f"{rfc3339(driver.now_ms)} claim refused: {refusal}")


def waits_ms(lives: list[Life], unit: str) -> list[int]:
    """From plugging in until current flowed, of each visit of a unit; one that got none is missing."""
    return [
        life.powered_ms - life.plugged_ms
        for life in lives
        if life.unit == unit and life.plugged_ms is not None and life.powered_ms is not None
    ]
