"""The story of one site's safety kernel."""

from __future__ import annotations

from domain.electrical.outlet_id import charger_of, evse_of
from domain.load_control.caps import limits
from domain.load_control.counting import counted_ma
from domain.load_control.headroom import Headroom
from domain.records import Payload, load, observations, registry, sites
from processors.load import Load
from tests.stories.story import Story

LOAD = Load()
STREAM = "load:s"


class Kernel(Story):
    """The kernel's ledger, what each charger is counted at, and what chargers, planners and operators report."""

    def __init__(self) -> None:
        super().__init__(LOAD, stream=STREAM)

    def after(self, wait_s: float) -> list[Payload]:
        """Let seconds pass."""
        return self.run_until(self.now_ms + round(wait_s * 1000))

    # What is known

    @property
    def ledger(self):
        return self.state

    def charger(self, charger_id: str):
        return self.ledger.chargers[charger_id]

    def counted(self, charger_id: str) -> int:
        return counted_ma(self.charger(charger_id), self.observations.of.get(charger_id), self.now_ms)

    def headroom(self) -> Headroom:
        loads = [(charger.outlet, self.counted(charger.id)) for charger in self.ledger.chargers.values()]
        return Headroom(limits(self.ledger, self.now_ms), loads)

    # What others report

    def site(self, *, limit_a: float = 100, firm_a: float = 20, nodes: tuple[registry.NodeSpec, ...] = ()) -> Kernel:
        """A site of one phase at 230 V (or the nodes given), limited in total power."""
        root = registry.NodeSpec(id="root", parent=None, kind="site", limit_w=watts(limit_a))
        self.when(registry.SiteRegistered(site_id="s", location_zone="z", firm_w=watts(firm_a), nodes=(root, *nodes)))
        return self

    def add(
        self,
        charger_id: str,
        node: str = "root",
        max_a: float = 32,
        phases: tuple[int, ...] = (0,),
        connectors: tuple[registry.ConnectorSpec, ...] = (),
    ) -> None:
        self.when(
            registry.ChargerRegistered(
                charger_id=charger_id,
                site_id="s",
                node=node,
                phases=phases,
                max_ma=round(max_a * 1000),
                min_ma=6000,
                voltage_mv=230_000,
                connectors=connectors,
            )
        )

    def connect(self, charger_id: str, connection_id: str = "") -> list[Payload]:
        connection_id = connection_id or f"c{next(self._ids)}"
        return self.when(
            observations.Connected(charger_id=charger_id, connection_id=connection_id, subprotocol="ocpp1.6")
        )

    def disconnect(self, charger_id: str) -> list[Payload]:
        connection_id = self.charger(charger_id).connection_id
        return self.when(observations.Disconnected(charger_id=charger_id, connection_id=connection_id, reason="gone"))

    def answer(
        self, charger_id: str, purpose: str = "lease", status: str = "accepted", **changed: object
    ) -> list[Payload]:
        """To the newest wish."""
        charger = self.charger(charger_id)
        ask = charger.failsafe.ask if purpose == "failsafe" else charger.lease.ask
        return self.when(
            observations.ProfileAnswer(
                charger_id=charger_id, purpose=purpose, generation=ask.generation, status=status, **changed
            )
        )

    def meter(
        self,
        charger_id: str,
        current_a: float | None,
        *,
        fresh: bool = True,
        power_w: int | None = None,
        **changed: object,
    ) -> list[Payload]:
        charger = self.charger(charger_id)
        reported = {
            "evse_id": evse_of(charger_id),
            "transaction_id": charger.transactions[-1].id if charger.transactions else None,
            "charger_time_ms": self.now_ms,
            "current_ma": None if current_a is None else (round(current_a * 1000), 0, 0),
            "energy_wh": None,
        }
        return self.when(
            observations.Metered(
                charger_id=charger_of(charger_id), power_w=power_w, fresh=fresh, **(reported | changed)
            )
        )

    def request(self, charger_id: str, request_id: str = "r") -> list[Payload]:
        return self.when(
            sites.StartRequested(charger_id=charger_id, request_id=request_id, vehicle_id="v", token_ref="t")
        )

    def start(
        self, charger_id: str, record_id: str = "", *, evse_id: int | None = None, **changed: object
    ) -> list[Payload]:
        evse_id = evse_of(charger_id) if evse_id is None else evse_id
        said = {"token_ref": "t", "vehicle_id": "v", "meter_start_wh": 1000, "charger_time_ms": self.now_ms} | changed
        return self.when(
            observations.TransactionStart(charger_id=charger_of(charger_id), evse_id=evse_id, **said),
            record_id=record_id,
        )

    def stop(
        self,
        charger_id: str,
        transaction_id: str | None = None,
        meter_stop_wh: int = 5000,
        unreadable: tuple[str, ...] = (),
    ) -> list[Payload]:
        if transaction_id is None:
            transaction_id = self.charger(charger_id).transactions[-1].id
        return self.when(
            observations.TransactionStop(
                charger_id=charger_of(charger_id),
                transaction_id=transaction_id,
                meter_stop_wh=meter_stop_wh,
                charger_time_ms=self.now_ms,
                reason="local",
                unreadable=unreadable,
            )
        )

    def targets(self, valid_s: float = 600, **amps: float) -> list[Payload]:
        return self.when(
            sites.ScheduleChanged(
                targets=tuple(
                    sites.Target(charger_id=charger, target_ma=round(a * 1000)) for charger, a in amps.items()
                ),
                valid_until_ms=self.now_ms + round(valid_s * 1000),
                claimants=(),
                limits=(),
                fixed=(),
                rule="test.v1",
                reason="test",
            )
        )

    def cap(
        self, limit_a: float, cap_id: str = "cap", starts_s: float | None = None, ends_s: float | None = None
    ) -> list[Payload]:
        return self.when(
            load.SetGridLimit(
                cap_id=cap_id,
                limit_w=watts(limit_a),
                starts_ms=None if starts_s is None else self.now_ms + round(starts_s * 1000),
                ends_ms=None if ends_s is None else self.now_ms + round(ends_s * 1000),
                reason_code="test",
            )
        )

    def commission(self, charger_id: str, test_load_a: float = 10, minutes: float = 30) -> list[Payload]:
        return self.when(
            load.CommissionCharger(
                charger_id=charger_id,
                test_load_ma=round(test_load_a * 1000),
                expires_ms=self.now_ms + round(minutes * 60_000),
            )
        )

    # Longer stories

    def ready(self, *charger_ids: str, **kwargs: object) -> Kernel:
        """Chargers that are connected, hold their fail-safe limits, and were verified on a test load."""
        for charger_id in charger_ids:
            self.add(charger_id, **kwargs)
        for charger_id in charger_ids:
            self.connect(charger_id)
        return self.verified(*charger_ids)

    def verified(self, *charger_ids: str) -> Kernel:
        """Connected outlets that hold their fail-safe limits, and were verified on a test load."""
        for charger_id in charger_ids:
            self.hold_failsafe(charger_id)
        for charger_id in charger_ids:
            self.verify(charger_id)
        for charger_id in charger_ids:
            self.hold_failsafe(charger_id)
        return self

    def hold_failsafe(self, charger_id: str) -> None:
        while self.charger(charger_id).failsafe.ask.accepted_ms is None:
            self.answer(charger_id, "failsafe")

    def verify(self, charger_id: str) -> list[Payload]:
        self.commission(charger_id)
        self.request(charger_id)
        self.start(charger_id)
        self.answer(charger_id)
        self.after(10)
        self.meter(charger_id, 10)
        self.answer(charger_id)
        self.after(6)
        proof = self.meter(charger_id, 7)
        assert self.charger(charger_id).verified
        self.stop(charger_id)
        return proof

    def charge(self, charger_id: str, amps: float | None = None) -> None:
        """A running transaction, at `amps` where there is room."""
        self.request(charger_id)
        self.start(charger_id)
        if amps is not None:
            self.targets(**{charger_id: amps})
        self.answer(charger_id)
        self.hold_failsafe(charger_id)
        self.after(5)
        self.meter(charger_id, self.charger(charger_id).lease.limit_ma / 1000)


def watts(amps: float) -> int:
    return round(amps * 230)
