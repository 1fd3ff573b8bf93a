"""Telling a story of priority: the vehicle, its enterprise's quota and accounts, with the messages between them."""

from __future__ import annotations

from domain.records import Payload, Record, input_record
from domain.records.observations import Reading
from domain.records.registry import EnterpriseApproved, EnterpriseSuspended, VehicleRegistered
from domain.records.sites import SessionEnded
from domain.records.time import TimerDue
from domain.records.vehicles import DecideUrgentReview, RequestSession, RequestUrgentReview
from processors.engine.stream import StreamState, fresh, step
from processors.routes import messages
from processors.vehicles import Vehicles

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
START_MS = 1_000_000_000
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


class PriorityStory:
    """`tell` gives an input to a stream and returns the payloads that followed, there and at all it wrote to."""

    def __init__(self, *cars: VehicleRegistered, kind: str | None = "emergency", daily_grants: int = 3) -> None:
        self.processor = Vehicles()
        self.states: dict[str, StreamState] = {}
        self.now_ms = START_MS
        self.count = 0
        self.to_sites: list[Payload] = []
        self.recorded: list[Record] = []
        for car in cars or (AMBULANCE,):
            self.tell(car, stream=f"vehicles:{car.vehicle_id}")
        if kind is not None:
            self.approve(kind, daily_grants)

    def tell(self, payload: Payload, stream: str = "vehicles:v") -> list[Payload]:
        self.count += 1
        given = input_record(f"i{self.count}", "/test", stream, self.now_ms, payload, actor="t")
        return self._step(given)

    def _step(self, given: Record) -> list[Payload]:
        state = self.states.get(given.stream) or fresh(self.processor, given.stream)
        done = step(self.processor, state, given, "b")
        self.states[given.stream] = done.after
        self.recorded += done.events
        told = [event.data for event in done.events]
        for event in done.events:
            for to, message in messages(event):
                if to == "vehicles":
                    told += self._step(message)
                else:
                    self.to_sites.append(message.data)
        return told

    def vehicle(self, vehicle_id: str = "v"):
        return self.states[f"vehicles:{vehicle_id}"].state.vehicle

    def tier(self, vehicle_id: str = "v") -> int:
        """The tier by the vehicle's own fold, now."""
        visit = self.vehicle(vehicle_id).visit
        grant = visit and visit.grant
        return grant.tier if grant and grant.valid_until_ms > self.now_ms else 2

    def wait(self, minutes: float) -> list[Payload]:
        """Let time go on; timers fire when they are due."""
        until_ms = self.now_ms + int(minutes * MINUTE_MS)
        told: list[Payload] = []
        while (next_due := self._next_due()) is not None and next_due[0] <= until_ms:
            due_ms, stream, name = next_due
            self.now_ms = max(self.now_ms, due_ms)
            told += self.tell(TimerDue(name=name, due_ms=due_ms), stream)
        self.now_ms = until_ms
        return told

    def _next_due(self) -> tuple[int, str, str] | None:
        due = [(at, stream, name) for stream, state in self.states.items() for name, at in state.timers.items()]
        return min(due, default=None)

    # What others say

    def approve(self, kind: str = "emergency", daily_grants: int = 3) -> list[Payload]:
        approved = EnterpriseApproved(enterprise_id="e", kind=kind, daily_grants=daily_grants)
        return self.tell(approved, "vehicles:enterprise:e")

    def suspend(self) -> list[Payload]:
        return self.tell(EnterpriseSuspended(enterprise_id="e"), "vehicles:enterprise:e")

    def reading(self, vehicle_id: str = "v", *, age_ms: int = 0, **said) -> list[Payload]:
        told = {"source": "integration", "enterprise_id": "e", **said}
        reading = Reading(vehicle_id=vehicle_id, observed_ms=self.now_ms - age_ms, **told)
        return self.tell(reading, f"vehicles:{vehicle_id}")

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
        return self.tell(asked.model_copy(update=different), f"vehicles:{vehicle_id}")

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
        return self.tell(ended, f"vehicles:{vehicle_id}")

    def review(self, session_id: str = "s1", vehicle_id: str = "v") -> list[Payload]:
        return self.tell(RequestUrgentReview(session_id=session_id), f"vehicles:{vehicle_id}")

    def decide(self, granted: bool, session_id: str = "s1", vehicle_id: str = "v") -> list[Payload]:
        return self.tell(DecideUrgentReview(session_id=session_id, granted=granted), f"vehicles:{vehicle_id}")
