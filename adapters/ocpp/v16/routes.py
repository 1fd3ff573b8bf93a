"""The handlers of inbound messages: one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ocpp.exceptions import NotImplementedError as NotImplementedByUs
from ocpp.exceptions import NotSupportedError
from ocpp.v16.enums import Action

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.dialect import Reply
from adapters.ocpp.frames import Call
from adapters.ocpp.v16 import (
    authorize,
    boot_notification,
    data_transfer,
    diagnostics_status_notification,
    firmware_status_notification,
    heartbeat,
    log_status_notification,
    meter_values,
    security_event_notification,
    sign_certificate,
    signed_firmware_status_notification,
    start_transaction,
    status_notification,
    stop_transaction,
)
from adapters.ocpp.v16.message import Message, read
from adapters.ocpp.v16.payloads import as_json


@dataclass(frozen=True, slots=True)
class Route:
    """A handler returns its answer, or a function that awaits a decision and then returns it."""

    message: type[Message]
    handle: Callable[[Any, ConnectedCharger], Awaitable[Any]]


ROUTES = {
    "Authorize": Route(authorize.Authorize, authorize.handle),
    "BootNotification": Route(boot_notification.BootNotification, boot_notification.handle),
    "DataTransfer": Route(data_transfer.DataTransfer, data_transfer.handle),
    "DiagnosticsStatusNotification": Route(
        diagnostics_status_notification.DiagnosticsStatusNotification, diagnostics_status_notification.handle
    ),
    "FirmwareStatusNotification": Route(
        firmware_status_notification.FirmwareStatusNotification, firmware_status_notification.handle
    ),
    "Heartbeat": Route(heartbeat.Heartbeat, heartbeat.handle),
    "LogStatusNotification": Route(log_status_notification.LogStatusNotification, log_status_notification.handle),
    "MeterValues": Route(meter_values.MeterValues, meter_values.handle),
    "SecurityEventNotification": Route(
        security_event_notification.SecurityEventNotification, security_event_notification.handle
    ),
    "SignCertificate": Route(sign_certificate.SignCertificate, sign_certificate.handle),
    "SignedFirmwareStatusNotification": Route(
        signed_firmware_status_notification.SignedFirmwareStatusNotification,
        signed_firmware_status_notification.handle,
    ),
    "StartTransaction": Route(start_transaction.StartTransaction, start_transaction.handle),
    "StatusNotification": Route(status_notification.StatusNotification, status_notification.handle),
    "StopTransaction": Route(stop_transaction.StopTransaction, stop_transaction.handle),
}


async def dispatch(call: Call, charger: ConnectedCharger) -> Reply:
    """The answer of the call's handler. Raises `OCPPError` for a message that is unknown or wrong."""
    route = ROUTES.get(call.action)
    if route is None:
        raise _unknown(call.action)
    answer = await route.handle(read(route.message, call.payload, partial(charger.drop, call.action)), charger)
    if not callable(answer):
        return as_json(answer)

    async def decided() -> dict[str, Any]:
        return as_json(await answer())

    return decided


def _unknown(action: str) -> Exception:
    details = {"field": "action", "reason": f"{action[:50]} is not handled"}
    if action in set(Action):
        return NotSupportedError("This action is known, but not for a central system to handle", details)
    return NotImplementedByUs("This action is not known", details)
