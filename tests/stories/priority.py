"""The story of priority: a vehicle, the quotas of its enterprise and of accounts, with the messages between them."""

from __future__ import annotations

from domain.records import Payload
from domain.records.observations import Reading
from domain.records.registry import EnterpriseApproved, EnterpriseSuspended, VehicleRegistered
from domain.records.sites import SessionEnded
from domain.records.vehicles import DecideUrgentReview, RequestSession, RequestUrgentReview
from processors.vehicles import Vehicles
from tests.stories.story import MINUTE_MS, Story

HOUR_MS = 60 * MINUTE_MS
SITE_ZONE = "9qh1u"
FAR_ZONE = "9q8yy"
AMBULANCE = VehicleRegistered(
    vehicle_id="v",
    battery_wh=60_000,
    max_ma=32_000,
    phases=1,
    owner_id="driver",
    enterprise_id="e",
    priority_eligible=True,
)


class PriorityStory(Story):
    """Some cars, the enterprise that they belong to, and what it, its vehicles and their drivers report."""

    def __init__(self, *cars: VehicleRegistered, kind: str | None = "emergency", daily_grants: int = 3) -> None:
        super().__init__(Vehicles(), stream="vehicles:v")
        for car in cars or (AMBULANCE,):
            self.when(car, stream=f"vehicles:{car.vehicle_id}")
        if kind is not None:
            self.approve(kind, daily_grants)

    def vehicle(self, vehicle_id: str = "v"):
        return self.whole(f"vehicles:{vehicle_id}").state.vehicle

    def tier(self, vehicle_id: str = "v") -> int:
        """The tier by the vehicle's own state, now."""
        visit = self.vehicle(vehicle_id).visit
        grant = visit and visit.grant
        return grant.tier if grant and grant.valid_until_ms > self.now_ms else 2

    # What others report

    def approve(self, kind: str = "emergency", daily_grants: int = 3) -> list[Payload]:
        approved = EnterpriseApproved(enterprise_id="e", kind=kind, daily_grants=daily_grants)
        return self.when(approved, stream="vehicles:enterprise:e")

    def suspend(self) -> list[Payload]:
        return self.when(EnterpriseSuspended(enterprise_id="e"), stream="vehicles:enterprise:e")

    def reading(self, vehicle_id: str = "v", *, age_ms: int = 0, **said) -> list[Payload]:
        told = {"source": "integration", "enterprise_id": "e", **said}
        reading = Reading(vehicle_id=vehicle_id, observed_ms=self.now_ms - age_ms, **told)
        return self.when(reading, stream=f"vehicles:{vehicle_id}")

    def on_mission(self, vehicle_id: str = "v", **different) -> list[Payload]:
        return self.reading(vehicle_id, **{"mission_active": True, "location_zone": SITE_ZONE, **different})

    def request(self, session_id: str = "s1", vehicle_id: str = "v", *, hours: float = 4, **different) -> list[Payload]:
        asked = RequestSession(
            session_id=session_id,
            vehicle_id=vehicle_id,
            site_id="north",
            target_permille=800,
            level_permille=400,
            depart_ms=self.now_ms + int(hours * HOUR_MS),
            site_zone=SITE_ZONE,
        )
        return self.when(asked.model_copy(update=different), stream=f"vehicles:{vehicle_id}")

    def end(self, session_id: str = "s1", vehicle_id: str = "v") -> list[Payload]:
        ended = SessionEnded(
            session_id=session_id,
            vehicle_id=vehicle_id,
            charger_id=None,
            state="completed",
            reason="unplugged",
            energy_wh=0,
            waited_ms=0,
        )
        return self.when(ended, stream=f"vehicles:{vehicle_id}")

    def review(self, session_id: str = "s1", vehicle_id: str = "v") -> list[Payload]:
        return self.when(RequestUrgentReview(session_id=session_id), stream=f"vehicles:{vehicle_id}")

    def decide(self, granted: bool, session_id: str = "s1", vehicle_id: str = "v") -> list[Payload]:
        return self.when(DecideUrgentReview(session_id=session_id, granted=granted), stream=f"vehicles:{vehicle_id}")
