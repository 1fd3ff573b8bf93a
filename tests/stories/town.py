"""The story of a town: registry, vehicles, holders, a site and its safety kernel, with all the messages between them.

The chargers obey: they confirm what they are asked to, and their meters show what their cars draw: all that they may.
"""

from __future__ import annotations

from domain.load_control.caps import limits
from domain.load_control.counting import counted_ma
from domain.load_control.headroom import Headroom
from domain.records import Payload, load, observations, registry, vehicles
from domain.records.observations import Reading
from processors.load import Load
from processors.registry import Registry
from processors.sites import Sites
from processors.vehicles import Vehicles
from tests.stories.story import Story

METER_EVERY_S = 15
VOLTAGE_MV = 230_000
ZONE = "9qh1u"
COMMANDS = {
    registry.SiteRegistered: registry.RegisterSite,
    registry.ChargerRegistered: registry.RegisterCharger,
    registry.VehicleRegistered: registry.RegisterVehicle,
}


class Town(Story):
    """One site with all that belongs to it; no limit is ever exceeded by what its chargers are counted at."""

    def __init__(self, *, limit_a: int, reserve_a: int = 0, charger_ids: tuple[str, ...], site_id: str = "s") -> None:
        super().__init__(Registry(), Vehicles(), Sites(), Load(), ids=f"{site_id}-")
        self.site_id = site_id
        self.sites, self.load = f"sites:{site_id}", f"load:{site_id}"
        root = registry.NodeSpec(id="root", parent=None, kind="site", limit_w=limit_a * 230)
        self.describe(
            f"registry:site:{site_id}",
            registry.SiteRegistered(
                site_id=site_id, location_zone=ZONE, firm_w=20 * 230, nodes=(root,), priority_reserve_w=reserve_a * 230
            ),
        )
        for charger_id in charger_ids:
            self._add_charger(charger_id)
        for charger_id in charger_ids:
            self._verify(charger_id)

    def describe(self, stream: str, payload: Payload) -> None:
        """The registry's description of something, through the command that registers it."""
        self.when(COMMANDS[type(payload)](**payload.__dict__), stream=stream)

    def approve(self, enterprise_id: str) -> None:
        """An emergency service may have priority three times a day."""
        stream = f"registry:enterprise:{enterprise_id}"
        self.when(registry.RegisterEnterprise(enterprise_id=enterprise_id, kind="emergency"), stream=stream)
        self.when(registry.ApproveEnterprise(enterprise_id=enterprise_id, daily_grants=3), stream=stream)

    def run(self, seconds: int) -> None:
        """Second by second: timers, answers, meters; and no limit may be exceeded by what is counted."""
        for _ in range(seconds):
            self.run_until(self.now_ms + 1000)
            self._answer()
            if self.now_ms // 1000 % METER_EVERY_S == 0:
                self.meter_all()
            assert self.exceeded() == ()

    # The chargers' part

    @property
    def ledger(self):
        return self.whole(self.load).state

    def lease_ma(self, charger_id: str) -> int:
        lease = self.ledger.chargers[charger_id].lease
        return 0 if lease is None else lease.limit_ma

    def exceeded(self) -> tuple[str, ...]:
        meters = self.whole(self.load).observations
        loads = [(one.outlet, counted_ma(one, meters.of.get(one.id), self.now_ms)) for one in self._chargers()]
        return Headroom(limits(self.ledger, self.now_ms), loads).exceeded()

    def _chargers(self):
        return list(self.ledger.chargers.values())

    def _answer(self) -> None:
        """Everything that a charger was asked to keep is accepted."""
        for charger in self._chargers():
            for purpose, wish in (("failsafe", charger.failsafe), ("lease", charger.lease)):
                if wish is not None and wish.ask.accepted_ms is None:
                    answer = observations.ProfileAnswer(
                        charger_id=charger.id, purpose=purpose, generation=wish.ask.generation, status="accepted"
                    )
                    self.when(answer, stream=self.load)

    def meter_all(self) -> None:
        for charger in self._chargers():
            if charger.transactions:
                self.meter(charger.id, self.lease_ma(charger.id))

    def meter(self, charger_id: str, current_ma: int) -> None:
        metered = observations.Metered(
            charger_id=charger_id,
            evse_id=1,
            transaction_id=self.ledger.chargers[charger_id].transactions[-1].id,
            charger_time_ms=self.now_ms,
            current_ma=(current_ma, 0, 0),
            power_w=None,
            energy_wh=None,
            fresh=True,
        )
        self.when(metered, stream=self.load)
        self.when(metered, stream=self.sites)

    def _add_charger(self, charger_id: str) -> None:
        described = registry.ChargerRegistered(
            charger_id=charger_id,
            site_id=self.site_id,
            node="root",
            phases=(0,),
            max_ma=32_000,
            min_ma=6_000,
            voltage_mv=VOLTAGE_MV,
        )
        self.describe(f"registry:charger:{charger_id}", described)
        self.when(
            observations.Connected(charger_id=charger_id, connection_id="x", subprotocol="ocpp1.6"), stream=self.load
        )
        self.status(charger_id, "available")
        self._answer()

    def status(self, charger_id: str, status: str) -> None:
        said = observations.Status(
            charger_id=charger_id, evse_id=1, status=status, error_code="no_error", charger_time_ms=self.now_ms
        )
        self.when(said, stream=self.load)

    def _verify(self, charger_id: str) -> None:
        """It shows on a small test load that it obeys."""
        until_ms = self.now_ms + 600_000
        commission = load.CommissionCharger(charger_id=charger_id, test_load_ma=10_000, expires_ms=until_ms)
        self.when(commission, stream=self.load)
        self.plug_in(charger_id, None)
        self.run(10)
        for _ in range(60):
            if self.ledger.chargers[charger_id].verified:
                break
            self.meter(charger_id, min(self.lease_ma(charger_id), 10_000))
            self.run(5)
        assert self.ledger.chargers[charger_id].verified
        self.unplug(charger_id)
        self.run(60)

    # The drivers' part

    def plug_in(self, charger_id: str, vehicle_id: str | None) -> None:
        asked = observations.Authorize(charger_id=charger_id, token_ref="t", vehicle_id=vehicle_id)
        self.when(asked, stream=self.load)
        for _ in range(60):
            charger = self.ledger.chargers[charger_id]
            if charger.pending_start is None or charger.pending_start.answered:
                break
            self.run(1)
        started = observations.TransactionStart(
            charger_id=charger_id,
            evse_id=1,
            token_ref="t",
            vehicle_id=vehicle_id,
            meter_start_wh=0,
            charger_time_ms=self.now_ms,
        )
        self.when(started, stream=self.load)

    def unplug(self, charger_id: str) -> None:
        stopped = observations.TransactionStop(
            charger_id=charger_id,
            transaction_id=self.ledger.chargers[charger_id].transactions[-1].id,
            meter_stop_wh=1,
            charger_time_ms=self.now_ms,
            reason="ev_disconnected",
        )
        self.when(stopped, stream=self.load)

    def vehicle(self, vehicle_id: str, **described) -> None:
        told = {"battery_wh": 60_000, "max_ma": 32_000, "phases": 1, **described}
        self.describe(f"registry:vehicle:{vehicle_id}", registry.VehicleRegistered(vehicle_id=vehicle_id, **told))

    def request(self, vehicle_id: str) -> None:
        asked = vehicles.RequestSession(
            session_id=f"s-{vehicle_id}",
            vehicle_id=vehicle_id,
            site_id=self.site_id,
            target_permille=900,
            level_permille=200,
            depart_ms=self.now_ms + 8 * 3_600_000,
            site_zone=ZONE,
        )
        self.when(asked, stream=f"vehicles:{vehicle_id}")

    def charge(self, vehicle_id: str) -> str:
        """Ask, and plug in where a charger is held: its id."""
        self.request(vehicle_id)
        session = self.whole(self.sites).state.session_of(vehicle_id)
        self.plug_in(session.charger_id, vehicle_id)
        return session.charger_id

    def on_mission(self, vehicle_id: str, enterprise_id: str) -> None:
        reading = Reading(
            vehicle_id=vehicle_id,
            source="integration",
            enterprise_id=enterprise_id,
            observed_ms=self.now_ms,
            mission_active=True,
            location_zone=ZONE,
        )
        self.when(reading, stream=f"vehicles:{vehicle_id}")
