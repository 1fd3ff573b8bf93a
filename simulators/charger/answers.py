"""The answers of a charge point to the calls of its central system: one function a message, and their table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from simulators.charger.frames import Call, Error, Payload, Result
from simulators.charger.profile import WHOLE, BadProfile, Selection

if TYPE_CHECKING:
    from simulators.charger.charge_point import ChargePoint
    from simulators.charger.outlet import Outlet

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
    outlets = _outlets(point, fields["connectorId"])
    if len(outlets) != 1 or unit not in point.character.rate_units:
        return {"status": "Rejected"}
    return {
        "status": "Accepted",
        "connectorId": fields["connectorId"],
        "scheduleStart": point.clock.now_text,
        "chargingSchedule": outlets[0].connector.composite(int(fields["duration"]), unit),
    }


def trigger_message(point: ChargePoint, fields: Payload) -> Payload:
    connector = fields.get("connectorId", WHOLE)
    outlets = _outlets(point, connector)
    if not outlets:
        return {"status": "Rejected"}
    requested: dict[str, list[Callable[[], object]]] = {
        "BootNotification": [lambda: point.time.spawn(point.lifecycle.boot())],
        "Heartbeat": [point.heartbeat],
        "MeterValues": [partial(outlet.reports.meter_values, "triggered") for outlet in outlets],
        "StatusNotification": [
            *([point.report_whole] if connector == WHOLE else []),
            *(partial(outlet.reports.status, outlet.status) for outlet in outlets),
        ],
    }
    if fields["requestedMessage"] not in requested:
        return {"status": "NotImplemented"}
    for action in requested[fields["requestedMessage"]]:
        point.afterwards(action)
    return {"status": "Accepted"}


def remote_start(point: ChargePoint, fields: Payload) -> Payload:
    token = fields["idTag"]
    outlets = _outlets(point, fields.get("connectorId", WHOLE))
    ready = [one for one in outlets if one.connector.car is not None and one.connector.transaction is None]
    if not ready:
        return {"status": "Rejected"}
    point.afterwards(lambda: point.time.spawn(ready[0].start(token)))
    return {"status": "Accepted"}


def remote_stop(point: ChargePoint, fields: Payload) -> Payload:
    for outlet in point.outlets.values():
        transaction = outlet.connector.transaction
        if transaction is not None and transaction.id == fields["transactionId"]:
            point.afterwards(partial(outlet.stop, "Remote"))
            return {"status": "Accepted"}
    return {"status": "Rejected"}


def get_configuration(point: ChargePoint, fields: Payload) -> Payload:
    known, unknown = point.configuration.list(fields.get("key", []))
    return {"configurationKey": known, "unknownKey": unknown}


def change_configuration(point: ChargePoint, fields: Payload) -> Payload:
    status = point.configuration.change(fields["key"], fields["value"])
    if status == "Accepted":
        point.schedule()
    return {"status": status}


def reset(point: ChargePoint, fields: Payload) -> Payload:
    kind = fields["type"]
    if kind not in ("Soft", "Hard"):
        return {"status": "Rejected"}
    point.afterwards(lambda: point.reset(kind))
    return {"status": "Accepted"}


def unlock_connector(point: ChargePoint, fields: Payload) -> Payload:
    outlet = point.outlets.get(fields["connectorId"])
    if outlet is None:
        return {"status": "NotSupported"}
    outlet.stop("UnlockCommand")
    return {"status": "Unlocked"}


def _outlets(point: ChargePoint, connector: int) -> list[Outlet]:
    """The outlets that a connector id names: 0 names all."""
    return [outlet for number, outlet in point.outlets.items() if connector in (WHOLE, number)]


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
