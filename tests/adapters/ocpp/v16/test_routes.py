"""The table of inbound messages."""

from __future__ import annotations

import pytest
from ocpp.v16.enums import Action

from adapters.ocpp.v16.routes import ROUTES
from tests.adapters.ocpp.v16.charger import Station

FROM_CHARGERS = {
    "Authorize",
    "BootNotification",
    "DataTransfer",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "SecurityEventNotification",
    "SignCertificate",
    "SignedFirmwareStatusNotification",
    "StartTransaction",
    "StatusNotification",
    "StopTransaction",
}
"""Of the core and firmware profiles (OCPP 1.6, section 4), and of the security extension."""


def test_every_message_that_a_charger_begins_has_a_handler() -> None:
    assert ROUTES.keys() == FROM_CHARGERS


def test_each_is_an_action_of_ocpp_and_named_like_its_message() -> None:
    assert ROUTES.keys() <= set(Action)
    assert [route.message.__name__ for route in ROUTES.values()] == list(ROUTES)


@pytest.mark.parametrize(("action", "code"), [("Reset", "NotSupported"), ("MakeCoffee", "NotImplemented")])
async def test_another_action_is_refused(station: Station, action: str, code: str) -> None:
    assert await station.refusal(action, {}) == (code, "action")
