"""Frames of the model chargers, as the OCPP gateway reads them, and the odd forms in which chargers send them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adapters.ocpp.charger_state import ChargerState
from adapters.ocpp.frames import Call
from adapters.ocpp.v16.routes import dispatch
from adapters.ocpp.v16.times import time_text
from commands.ports.directory import ChargerIdentity
from domain.records import Payload

Frame = Mapping[str, Any]
STATUSES = {
    "available": "Available",
    "preparing": "Preparing",
    "charging": "Charging",
    "suspended_evse": "SuspendedEVSE",
    "finishing": "Finishing",
    "faulted": "Faulted",
}
REASONS = {
    "local": "Local",
    "remote": "Remote",
    "ev_disconnected": "EVDisconnected",
    "de_authorized": "DeAuthorized",
    "power_loss": "PowerLoss",
    "reboot": "Reboot",
    "other": "Other",
}
UNKNOWN_ID = 2_147_483_647

ODD_STOPS: dict[str, Callable[[Frame], Frame]] = {
    "no id": lambda stop: {**stop, "transactionId": None},
    "id in words": lambda stop: {**stop, "transactionId": "first"},
    "unknown id": lambda stop: {**stop, "transactionId": UNKNOWN_ID},
    "meter -1": lambda stop: {**stop, "meterStop": -1},
    "no meter": lambda stop: {name: value for name, value in stop.items() if name != "meterStop"},
    "meter in tenths": lambda stop: {**stop, "meterStop": stop["meterStop"] + 0.4},
    "no time": lambda stop: {**stop, "timestamp": None},
    "time in words": lambda stop: {**stop, "timestamp": "yesterday"},
    "all as text": lambda stop: {name: str(value) for name, value in stop.items()},
    "nothing readable": lambda stop: {"transactionId": {}, "meterStop": [], "timestamp": ""},
}
UNDATED = frozenset({"no time", "time in words", "nothing readable"})
ODD_STATUSES: dict[str, Callable[[Frame], Frame]] = {
    "lower case": lambda said: {**said, "status": said["status"].lower()},
    "capitals": lambda said: {**said, "status": said["status"].upper(), "errorCode": "NOERROR"},
    "unknown word": lambda said: {**said, "status": "Idle"},
    "no status": lambda said: {name: value for name, value in said.items() if name != "status"},
    "no error code": lambda said: {name: value for name, value in said.items() if name != "errorCode"},
    "odd error code": lambda said: {**said, "errorCode": 0},
    "all as text": lambda said: {name: str(value) for name, value in said.items()},
}
WORDLESS = frozenset({"unknown word", "no status"})
"""They do not say what the status is."""


class Gateway:
    """The gateway's side of a charger's socket: what it reads is returned, and persisted nowhere."""

    def __init__(self, charger_id: str, connectors: int, now_ms: Callable[[], int]) -> None:
        several = dict.fromkeys(range(1, connectors + 1), (0,)) if connectors > 1 else {}
        self.id = charger_id
        self.identity = ChargerIdentity(charger_id, "s", (0,), 230_000, several)
        self.state = ChargerState()
        self.now_ms = now_ms
        self._persisted: list[Payload] = []

    def receive(self, action: str, frame: Frame) -> list[Payload]:
        """What the frame says, in our records."""
        self._persisted = []
        handling = dispatch(Call("1", action, dict(frame)), self)  # type: ignore[arg-type]
        try:
            handling.send(None)
        except StopIteration:
            return self._persisted
        raise AssertionError(f"{action} waits for something")

    def observation(self, reported: Payload, record_id: str = "") -> Payload:
        return reported

    async def persist(self, *observations: Payload) -> None:
        self._persisted += observations

    def drop(self, message: str, field: str, reason: str) -> None:
        """Nobody reads the log."""


def stop_frame(transaction_id: str, meter_wh: int, at_ms: int, reason: str) -> Frame:
    """A StopTransaction. A charger whose start was refused an id has none."""
    return {
        "transactionId": int(transaction_id) if transaction_id else UNKNOWN_ID,
        "meterStop": meter_wh,
        "timestamp": time_text(at_ms),
        "reason": REASONS[reason],
    }


def status_frame(connector_id: int, status: str) -> Frame:
    return {"connectorId": connector_id, "status": STATUSES[status], "errorCode": "NoError"}
