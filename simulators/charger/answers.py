"""The answers of a charge point to the calls of its central system: one function a message, and their table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulators.charger.frames import Call, Error, Payload, Result
from simulators.charger.profiles import CONNECTOR, BadProfile, Selection
from simulators.time.virtual_time import rfc3339

if TYPE_CHECKING:
    from simulators.charger.charge_point import ChargePoint

Answer = Callable[["ChargePoint", Payload], Payload]


def answer(point: ChargePoint, call: Call) -> Result | Error:
    """The result of a call, or the error where it is unknown or lacks a field. Its effects come afterwards."""
    handle = ANSWERS.get(call.action)
    if handle is None:
        return Error(call.id, "NotImplemented", call.action)
    try:
        return Result(call.id, handle(point, call.payload))
    except (KeyError, TypeError, ValueError) as error:
        return Error(call.id, "FormationViolation", f"{call.action}: {error!r}")


def set_charging_profile(point: ChargePoint, fields: Payload) -> Payload:
    try:
        point.put_profile(fields["connectorId"], fields["csChargingProfiles"])
    except BadProfile:
        return {"status": "Rejected"}
    return {"status": "Accepted"}


def clear_charging_profile(point: ChargePoint, fields: Payload) -> Payload:
    selection = Selection(
        fields.get("id"), fields.get("connectorId"), fields.get("chargingProfilePurpose"), fields.get("stackLevel")
    )
    found = point.clear_profiles(selection)
    return {"status": "Accepted" if found else "Unknown"}


def get_composite_schedule(point: ChargePoint, fields: Payload) -> Payload:
    unit = fields.get("chargingRateUnit", point.character.rate_units[0])
    if fields["connectorId"] not in (0, CONNECTOR) or unit not in point.character.rate_units:
        return {"status": "Rejected"}
    return {
        "status": "Accepted",
        "connectorId": fields["connectorId"],
        "scheduleStart": rfc3339(point.time.now_ms),
        "chargingSchedule": point.connector.composite(int(fields["duration"]), unit),
    }


def trigger_message(point: ChargePoint, fields: Payload) -> Payload:
    if fields.get("connectorId", CONNECTOR) not in (0, CONNECTOR):
        return {"status": "Rejected"}
    requested = {
        "BootNotification": lambda: point.time.spawn(point.lifecycle.boot()),
        "Heartbeat": point.reports.heartbeat,
        "MeterValues": lambda: point.reports.meter_values("triggered"),
        "StatusNotification": lambda: point.reports.status(point.status),
    }.get(fields["requestedMessage"])
    if requested is None:
        return {"status": "NotImplemented"}
    point.afterwards(requested)
    return {"status": "Accepted"}


def remote_start(point: ChargePoint, fields: Payload) -> Payload:
    token = fields["idTag"]
    if (
        point.connector.car is None
        or point.connector.transaction is not None
        or fields.get("connectorId", CONNECTOR) != CONNECTOR
    ):
        return {"status": "Rejected"}
    point.afterwards(lambda: point.time.spawn(point.start(token)))
    return {"status": "Accepted"}


def remote_stop(point: ChargePoint, fields: Payload) -> Payload:
    if point.connector.transaction is None or point.connector.transaction.id != fields["transactionId"]:
        return {"status": "Rejected"}
    point.afterwards(lambda: point.stop("Remote"))
    return {"status": "Accepted"}


def get_configuration(point: ChargePoint, fields: Payload) -> Payload:
    known, unknown = point.configuration.list(fields.get("key", []))
    return {"configurationKey": known, "unknownKey": unknown}


def change_configuration(point: ChargePoint, fields: Payload) -> Payload:
    status = point.configuration.change(fields["key"], fields["value"])
    if status == "Accepted":
        point.reports.schedule()
    return {"status": status}


def reset(point: ChargePoint, fields: Payload) -> Payload:
    kind = fields["type"]
    if kind not in ("Soft", "Hard"):
        return {"status": "Rejected"}
    point.afterwards(lambda: point.reset(kind))
    return {"status": "Accepted"}


def unlock_connector(point: ChargePoint, fields: Payload) -> Payload:
    if fields["connectorId"] != CONNECTOR:
        return {"status": "NotSupported"}
    point.stop("UnlockCommand")
    return {"status": "Unlocked"}


ANSWERS: dict[str, Answer] = {
    "ChangeConfiguration": change_configuration,
    "ClearChargingProfile": clear_charging_profile,
    "GetCompositeSchedule": get_composite_schedule,
    "GetConfiguration": get_configuration,
    "RemoteStartTransaction": remote_start,
    "RemoteStopTransaction": remote_stop,
    "Reset": reset,
    "SetChargingProfile": set_charging_profile,
    "TriggerMessage": trigger_message,
    "UnlockConnector": unlock_connector,
}
