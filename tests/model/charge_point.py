"""A charge point as it is: outlets, electronics, a clock of its own, and the messages that it sends and answers.

It is honest and obeys. What becomes of its messages is the line's part, what happens to it the walk's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from adapters.ocpp.v16.times import time_text
from tests.model.hardware import LEAST_MA, VOLTAGE_V, Car, Electronics, OutletHardware, Profile, Transaction

if TYPE_CHECKING:
    from tests.model.site import ModelSite

METER_EVERY_MS = 30_000
"""As the gateway configures it."""
RETRY_MS = 20_000
GIVES_UP_MS = 30_000


@dataclass
class Traits:
    """What kind of charger it is.

    `reports`: what its meter values hold. `refuses`: purposes and kinds of profiles that it does not take.
    `can_trigger`: it answers TriggerMessage. `queues_meter_values`: those of an outage come after it.
    """

    electronics: Electronics = field(default_factory=Electronics)
    reports: str = "phases"
    refuses: tuple[str, ...] = ()
    can_trigger: bool = True
    queues_meter_values: bool = False
    names_transaction: bool = True


@dataclass(eq=False)
class ChargePoint:
    """`online`: the line is up; `session`: the platform's side of the socket. `clock_ms`: how far it is ahead."""

    id: str
    site: ModelSite
    outlets: list[OutletHardware]
    traits: Traits
    random: Random
    clock_ms: int = 0
    firmware: str = "1"
    powered: bool = True
    session: Any = None
    profiles: dict[tuple[str, int, int], Profile] = field(default_factory=dict)
    outbox: deque[tuple[str, OutletHardware, Transaction, dict[str, Any]]] = field(default_factory=deque)
    waiting: str = ""
    stored: list[dict[str, Any]] = field(default_factory=list)
    reported: dict[int, str] = field(default_factory=dict)

    @property
    def online(self) -> bool:
        return self.powered and self.session is not None

    @property
    def own_ms(self) -> int:
        return self.site.now_ms + self.clock_ms

    def outlet(self, connector: int) -> OutletHardware:
        return next(one for one in self.outlets if one.number == connector)

    # Profiles and what they allow

    def apply(self) -> None:
        """Let each outlet carry what is allowed now, and look again when that changes."""
        for outlet in self.outlets:
            pilot_ma, conductors = self._pilot(outlet)
            again_ms = outlet.draw(self.site.now_ms, pilot_ma, conductors)
            if again_ms is not None:
                self.site.agenda.at(again_ms, self.apply)

    def _pilot(self, outlet: OutletHardware) -> tuple[int, tuple[int, ...]]:
        if outlet.transaction is None or outlet.car is None:
            return 0, ()
        begun_ms = outlet.transaction.own_begun_ms
        mine = [one for one in self.profiles.values() if one.connector in (0, outlet.number)]
        pilots: list[tuple[int, tuple[int, ...]]] = []
        for purposes in (("TxProfile", "TxDefaultProfile"), ("ChargePointMaxProfile",)):
            for purpose in purposes:
                own = [one for one in mine if one.purpose == purpose and self._concerns(one, outlet)]
                own.sort(key=lambda one: (one.stack_level, one.connector), reverse=True)
                limits = [(one, one.limit_at(self.own_ms, begun_ms)) for one in own]
                found = next(((one, limit) for one, limit in limits if limit is not None), None)
                if found is not None:
                    profile, limit = found
                    electronics = self.traits.electronics
                    ma, live = electronics.pilot(limit, profile.unit, len(outlet.wires), outlet.used_by_car())
                    pilots.append((min(ma, outlet.max_ma), live))
                    break
        return min(pilots, default=(outlet.max_ma, outlet.used_by_car()))

    @staticmethod
    def _concerns(profile: Profile, outlet: OutletHardware) -> bool:
        if profile.purpose != "TxProfile":
            return True
        return outlet.transaction is not None and profile.transaction_id in (None, outlet.transaction.id)

    def set_profile(self, payload: Mapping[str, Any]) -> str:
        profile = Profile.read(payload)
        kind = payload["csChargingProfiles"]["chargingProfileKind"]
        if profile.unit != self.traits.electronics.unit or {profile.purpose, kind} & set(self.traits.refuses):
            return "Rejected"
        if profile.purpose == "TxProfile":
            running = self.outlet(profile.connector).transaction
            if running is None or running.id is None or running.id != profile.transaction_id:
                return "Rejected"
        self.profiles[profile.place] = profile
        self.look_again(profile)
        self.apply()
        return "Accepted"

    def look_again(self, profile: Profile) -> None:
        for outlet in self.outlets:
            begun_ms = outlet.transaction.own_begun_ms if outlet.transaction else self.own_ms
            for own_ms in profile.changes_at(begun_ms):
                if own_ms > self.own_ms:
                    self.site.agenda.at(own_ms - self.clock_ms, self.apply)

    def set_clock(self, clock_ms: int) -> None:
        self.clock_ms = clock_ms
        for profile in self.profiles.values():
            self.look_again(profile)
        self.apply()

    # Calls that it is sent

    def answer(self, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        match action:
            case "SetChargingProfile":
                return {"status": self.set_profile(payload)}
            case "ClearChargingProfile":
                return {"status": "Unknown"}
            case "TriggerMessage":
                return {"status": self._triggered(payload)}
            case "RemoteStopTransaction":
                for outlet in self.outlets:
                    if outlet.transaction is not None and outlet.transaction.id == payload["transactionId"]:
                        self.stop(outlet, "Remote")
                        return {"status": "Accepted"}
                return {"status": "Rejected"}
        return {"status": "Accepted"}

    def _triggered(self, payload: Mapping[str, Any]) -> str:
        if not self.traits.can_trigger:
            return "NotImplemented"
        outlet = self.outlet(payload.get("connectorId", 1))
        if payload["requestedMessage"] == "StatusNotification":
            self.site.agenda.after(100, lambda: self.send_status(outlet))
        else:
            self.site.agenda.after(100, lambda: self.meter(outlet, requested=True))
        return "Accepted"

    # Transactions

    def begin(self, outlet: OutletHardware, car: Car) -> None:
        """A car is plugged in, and its card is good."""
        outlet.car = car
        begun = Transaction(self.site.now_ms, self.own_ms, int(outlet.register_wh))
        outlet.transaction = begun
        for profile in self.profiles.values():
            self.look_again(profile)
        message = {
            "connectorId": outlet.number,
            "idTag": "KNOWN",
            "meterStart": begun.meter_start_wh,
            "timestamp": time_text(max(0, self.own_ms)),
        }
        self.outbox.append(("StartTransaction", outlet, begun, message))
        self.apply()
        self.flush()
        self.site.agenda.after(METER_EVERY_MS, lambda: self._meter_on(outlet, begun))
        self.status_changed()

    def stop(self, outlet: OutletHardware, reason: str = "Local") -> None:
        ended, outlet.transaction = outlet.transaction, None
        if ended is None:
            return
        self.profiles = {place: one for place, one in self.profiles.items() if one.transaction_id != (ended.id or -1)}
        message = {
            "meterStop": int(outlet.register_wh),
            "timestamp": time_text(max(0, self.own_ms)),
            "reason": reason,
        }
        self.outbox.append(("StopTransaction", outlet, ended, message))
        self.apply()
        self.flush()
        self.status_changed()

    def unplug(self, outlet: OutletHardware) -> None:
        self.stop(outlet, "EVDisconnected")
        outlet.car = None
        self.apply()
        self.status_changed()

    def flush(self) -> None:
        """Send starts and stops in their order, each until it is answered."""
        if not self.outbox or not self.online or self.waiting:
            return
        action, _, transaction, message = self.outbox[0]
        if action == "StopTransaction":
            message = message | {"transactionId": transaction.id or 0}
        mark = self.waiting = f"{self.session.id} {self.site.now_ms} {action}"
        self.session.call(action, message, lambda reply: self._answered(mark, reply))
        self.site.agenda.after(RETRY_MS, lambda: self._retry(mark))

    def _retry(self, mark: str) -> None:
        if self.waiting == mark:
            self.waiting = ""
            self.flush()

    def _answered(self, mark: str, reply: dict[str, Any] | None) -> None:
        """None: it was refused, and is sent again."""
        if self.waiting != mark or reply is None:
            return
        self.waiting = ""
        action, outlet, transaction, _ = self.outbox.popleft()
        if action == "StartTransaction":
            transaction.id = reply["transactionId"]
            if reply["idTagInfo"]["status"] != "Accepted" and outlet.transaction is transaction:
                self.stop(outlet, "DeAuthorized")
        self.flush()

    # Meter values and statuses

    def _meter_on(self, outlet: OutletHardware, transaction: Transaction) -> None:
        if outlet.transaction is transaction:
            if self.powered:
                self.meter(outlet)
            self.site.agenda.after(METER_EVERY_MS, lambda: self._meter_on(outlet, transaction))

    def meter(self, outlet: OutletHardware, *, requested: bool = False) -> None:
        sampled = [one | ({"context": "Trigger"} if requested else {}) for one in self._sampled(outlet)]
        message: dict[str, Any] = {
            "connectorId": outlet.number,
            "meterValue": [{"timestamp": time_text(max(0, self.own_ms)), "sampledValue": sampled}],
        }
        running = outlet.transaction
        if running is not None and running.id is not None and self.traits.names_transaction:
            message["transactionId"] = running.id
        if self.online:
            self.session.call("MeterValues", message)
        elif self.traits.queues_meter_values and not requested:
            self.stored.append(message)

    def _sampled(self, outlet: OutletHardware) -> list[dict[str, Any]]:
        """The meter is 1 % off at most, and shows tenths."""
        off = 1 + self.random.uniform(-0.01, 0.01)
        shown = [
            round(outlet.drawn_ma * off / 1000, 1) if conductor in outlet.conductors else 0.0
            for conductor in range(len(outlet.wires))
        ]
        power_w = round(outlet.power_w() * off)
        register = {"value": str(int(outlet.register_wh)), "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
        by_phase = [
            {"value": str(amps), "measurand": "Current.Import", "unit": "A", "phase": f"L{conductor + 1}"}
            for conductor, amps in enumerate(shown)
        ]
        power = {"value": str(power_w), "measurand": "Power.Active.Import", "unit": "W"}
        powers = [
            {
                "value": str(round(amps * VOLTAGE_V)),
                "measurand": "Power.Active.Import",
                "unit": "W",
                "phase": f"L{conductor + 1}-N",
            }
            for conductor, amps in enumerate(shown)
        ]
        return {
            "phases": [*by_phase, register],
            "all": [*by_phase, power, register],
            "one": [{"value": str(max(shown)), "measurand": "Current.Import", "unit": "A"}, register],
            "power": [power, register],
            "powers": powers,
            "energy": [register],
        }[self.traits.reports]

    def status(self, outlet: OutletHardware) -> str:
        if outlet.car is None:
            return "Available"
        if outlet.transaction is None:
            return "Finishing" if self.reported.get(outlet.number) in ("Charging", "Finishing") else "Preparing"
        return "Charging" if outlet.drawn_ma >= LEAST_MA else "SuspendedEVSE"

    def status_changed(self) -> None:
        for outlet in self.outlets if self.online else ():
            if self.reported.get(outlet.number) != self.status(outlet):
                self.send_status(outlet)

    def send_status(self, outlet: OutletHardware) -> None:
        if self.online:
            self.reported[outlet.number] = status = self.status(outlet)
            message = {"connectorId": outlet.number, "status": status, "errorCode": "NoError"}
            self.session.call("StatusNotification", message)

    # Line and power

    def connected(self, *, booted: bool) -> None:
        """The line is up again: what waited is sent."""
        self.waiting = ""
        if booted:
            self._boot(self.session.id)
        for message in self.stored:
            self.session.call("MeterValues", message)
        self.stored.clear()
        self.reported.clear()
        self.status_changed()
        self.flush()

    def _boot(self, session_id: str) -> None:
        """Boots are sent until they are answered."""
        if not self.online or self.session.id != session_id:
            return
        answered: list[object] = []
        message = {"chargePointVendor": "v", "chargePointModel": "m", "firmwareVersion": self.firmware}
        self.session.call("BootNotification", message, answered.append)
        self.site.agenda.after(RETRY_MS, lambda: None if answered else self._boot(session_id))

    def power(self, on: bool) -> None:
        self.powered = on
        for outlet in self.outlets:
            outlet.powered = on
        self.apply()

    def drop_leases(self) -> None:
        """Some chargers do with the line, others with the power."""
        self.profiles = {place: one for place, one in self.profiles.items() if one.purpose != "TxProfile"}
        self.apply()
