"""The story of a site, as `sites` decides it."""

from __future__ import annotations

from typing import Any

from domain.electrical.charger_outlets import outlets_of
from domain.electrical.outlet_id import charger_of, evse_of
from domain.records import Payload, load, observations, registry, vehicles
from domain.records.sites import ScheduleChanged
from processors.sites import Sites
from tests.stories.story import MINUTE_MS, Story, of_type

NODES = (
    registry.NodeSpec(id="site", parent=None, kind="site", limit_w=40_000),
    registry.NodeSpec(id="p1", parent="site", kind="panel", limit_ma=(20_000, 20_000, 20_000)),
    registry.NodeSpec(id="p2", parent="site", kind="panel", limit_ma=(128_000, 128_000, 128_000)),
)

NO_EVIDENCE = vehicles.Evidence(
    eligible=True,
    mission_active=None,
    mission_age_ms=None,
    location_zone=None,
    location_age_ms=None,
    site_zone=None,
    level_permille=None,
    level_age_ms=None,
)


class SiteStory(Story):
    """A site with so many chargers at each of its panels, and what drivers, chargers and the kernel report."""

    def __init__(self, per_panel: int = 1, panels: tuple[str, ...] = ("p2",), reserve_w: int = 0, **settings) -> None:
        super().__init__(Sites(), stream="sites:s")
        self.transactions: dict[str, int] = {}
        self.given(
            registry.SiteRegistered(
                site_id="s", location_zone="z", firm_w=25_000, nodes=NODES, priority_reserve_w=reserve_w, **settings
            )
        )
        for panel in panels:
            for number in range(per_panel):
                self.add_charger(f"{panel}c{number}", panel)

    @property
    def site(self):
        return self.state

    def add_charger(self, charger_id: str, panel: str, connectors: int = 0) -> None:
        described = registry.ChargerRegistered(
            charger_id=charger_id, site_id="s", node=panel, phases=(0,), max_ma=32_000, min_ma=6_000, voltage_mv=208_000
        )
        if connectors:
            specs = [
                registry.ConnectorSpec(connector_id=number, node=panel, phases=(0,), max_ma=32_000, min_ma=6_000)
                for number in range(1, connectors + 1)
            ]
            described = described.model_copy(update={"connectors": tuple(specs)})
        self.when(described)
        for outlet in outlets_of(described):
            self.when(load.ChargerConnected(charger_id=outlet, connection_id="x"))
            self.status(outlet, "available")

    def status(self, charger_id: str, status: str, evse_id: int | None = None) -> list[Payload]:
        evse_id = evse_of(charger_id) if evse_id is None else evse_id
        changed = load.ChargerStatusChanged(
            charger_id=charger_id, evse_id=evse_id, status=status, error_code="no_error"
        )
        return self.when(changed)

    def request(
        self, session_id: str, *, tier: int = 2, need_wh: int | None = 10_000, hours: float = 4
    ) -> list[Payload]:
        asked = vehicles.SessionRequested(
            session_id=session_id,
            vehicle_id=f"v-{session_id}",
            site_id="s",
            tier=tier,
            target_permille=800,
            level_permille=None if need_wh is None else 400,
            need_wh=need_wh,
            depart_ms=self.now_ms + int(hours * 60 * MINUTE_MS),
            max_ma=32_000,
            phases=1,
        )
        return self.when(asked)

    def accept(self, session_id: str) -> list[Payload]:
        return self.when(vehicles.AcceptRequested(session_id=session_id, site_id="s"))

    def authorize(self, charger_id: str, session_id: str | None) -> list[Payload]:
        vehicle = None if session_id is None else f"v-{session_id}"
        token_ref = token_of(session_id)
        return self.when(observations.Authorize(charger_id=charger_id, token_ref=token_ref, vehicle_id=vehicle))

    def start(
        self, charger_id: str, session_id: str | None, *, commissioning: bool = False, **changed: object
    ) -> list[Payload]:
        own = evse_of(charger_id)
        if changed.get("evse_id", own) == own:
            self.transactions[charger_id] = str(len(self.inputs) + 1)
        reported = {"evse_id": own, "token_ref": token_of(session_id), "meter_start_wh": 1_000, "permitted": True}
        started = load.TransactionStarted(
            transaction_id=str(len(self.inputs) + 1),
            charger_id=charger_id,
            vehicle_id=None if session_id is None else f"v-{session_id}",
            commissioning=commissioning,
            duplicate_of=None,
            **(reported | changed),
        )
        return self.when(started)

    def stop(
        self, charger_id: str, energy_wh: int = 0, reason: str = "ev_disconnected", estimated: bool = False
    ) -> list[Payload]:
        stopped = load.TransactionStopped(
            transaction_id=self.transactions.pop(charger_id),
            charger_id=charger_id,
            vehicle_id=None,
            energy_wh=energy_wh,
            meter_stop_wh=1_000 + energy_wh,
            reason=reason,
            commissioning=False,
            estimated=estimated,
        )
        return self.when(stopped)

    def meter(
        self, charger_id: str, energy_wh: int | None, current_ma: int | None = 32_000, **changed: object
    ) -> list[Payload]:
        """A reading with so much energy since the start, at which the register was at 1,000 Wh."""
        reported = {
            "evse_id": evse_of(charger_id),
            "transaction_id": self.transactions.get(charger_id),
            "charger_time_ms": self.now_ms,
            "current_ma": None if current_ma is None else (current_ma, 0, 0),
            "power_w": None,
            "energy_wh": None if energy_wh is None else 1_000 + energy_wh,
            "fresh": True,
        }
        return self.when(observations.Metered(charger_id=charger_of(charger_id), **(reported | changed)))

    def limit(self, charger_id: str, limit_ma: int) -> list[Payload]:
        """A lease of the safety kernel, for ten minutes."""
        desired = load.LimitDesired(
            charger_id=charger_id,
            transaction_id="1",
            limit_ma=limit_ma,
            generation=1,
            valid_until_ms=self.now_ms + 10 * MINUTE_MS,
            rule="r",
            reason="r",
        )
        return self.when(desired)

    def grant(self, session_id: str, tier: int = 0, minutes: float = 30) -> list[Payload]:
        """Priority for so long."""
        granted = vehicles.PriorityGranted(
            **self._priority(session_id, tier), basis="mission", valid_until_ms=self.now_ms + int(minutes * MINUTE_MS)
        )
        return self.when(granted)

    def expire(self, session_id: str) -> list[Payload]:
        """The end of a priority."""
        return self.when(vehicles.PriorityExpired(**self._priority(session_id, tier=0)))

    def _priority(self, session_id: str, tier: int) -> dict[str, Any]:
        vehicle_id = f"v-{session_id}"
        about = {"session_id": session_id, "vehicle_id": vehicle_id, "site_id": "s", "tier": tier}
        return {**about, "evidence": NO_EVIDENCE, "rule": "r", "reason": "why"}

    def charging(self, session_id: str, charger_id: str, **request) -> list[Payload]:
        """From the request to the first energy."""
        self.request(session_id, **request)
        self.accept(session_id)
        self.authorize(charger_id, session_id)
        return self.start(charger_id, session_id)


def targets(events: list[Payload]) -> dict[str, int]:
    """The targets that changed, by charger (mA per phase)."""
    schedules = of_type(events, ScheduleChanged)
    return {target.charger_id: target.target_ma for schedule in schedules for target in schedule.targets}


def token_of(session_id: str | None) -> str:
    """The token of the driver whose session it is; None: of somebody who is not known."""
    return f"t-{session_id}"
