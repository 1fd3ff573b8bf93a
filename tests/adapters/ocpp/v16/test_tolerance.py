"""Whatever JSON stands in a valid message: it is answered, and nothing beside what can't be read is lost."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.records.observations import Metered, TransactionStop
from tests.adapters.ocpp.v16.charger import Station
from tests.adapters.ocpp.world import NOW_MS, started
from tests.examples import examples

TIME = "2026-01-01T00:00:00Z"
SAMPLE = {
    "value": "6.0",
    "context": "Sample.Periodic",
    "format": "Raw",
    "measurand": "Current.Import",
    "phase": "L1",
    "location": "Outlet",
    "unit": "A",
}
METER_VALUE = {"timestamp": TIME, "sampledValue": [SAMPLE]}
MESSAGES: dict[str, dict[str, Any]] = {
    "BootNotification": {
        "chargePointVendor": "v",
        "chargePointModel": "m",
        "firmwareVersion": "1",
        "iccid": "1",
        "meterType": "t",
    },
    "DataTransfer": {"vendorId": "v", "messageId": "m", "data": "d"},
    "DiagnosticsStatusNotification": {"status": "Idle"},
    "FirmwareStatusNotification": {"status": "Installed"},
    "Heartbeat": {},
    "LogStatusNotification": {"status": "Uploaded", "requestId": 1},
    "MeterValues": {"connectorId": 1, "transactionId": 77, "meterValue": [METER_VALUE, METER_VALUE]},
    "SecurityEventNotification": {"type": "FirmwareUpdated", "timestamp": TIME, "techInfo": "t"},
    "SignCertificate": {"csr": "c"},
    "SignedFirmwareStatusNotification": {"status": "Installed", "requestId": 1},
    "StartTransaction": {"connectorId": 1, "idTag": "KNOWN", "meterStart": 0, "timestamp": TIME, "reservationId": 1},
    "StatusNotification": {
        "connectorId": 1,
        "status": "Available",
        "errorCode": "NoError",
        "timestamp": TIME,
        "info": "i",
        "vendorId": "v",
        "vendorErrorCode": "c",
    },
    "StopTransaction": {
        "transactionId": 77,
        "meterStop": 9,
        "timestamp": TIME,
        "reason": "Local",
        "idTag": "KNOWN",
        "transactionData": [METER_VALUE],
    },
}
"""Authorize is asked of `sites`, and has its own tests."""
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=300)
    | st.sampled_from(["1", "1.0", TIME]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
MISSING = object()


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where anything stands in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, part in inner for path in paths(part, (*at, key)))]


def replaced(value: Any, path: tuple[Any, ...], part: Any) -> Any:
    """A value with another part at a path, or with none."""
    changed = copy.deepcopy(value)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    if part is MISSING:
        del inner[path[-1]]
    else:
        inner[path[-1]] = part
    return changed


def sent(action: str, payload: Any) -> Station:
    """The station after its message was answered, validly by the schemas of the `ocpp` package."""
    station = Station()
    station.decisions.decision = started()
    asyncio.run(station.send_raw(action, payload))
    return station


@given(st.data())
@settings(max_examples=examples(300), deadline=None)
def test_any_part_of_any_message_may_be_anything(data: st.DataObject) -> None:
    action = data.draw(st.sampled_from(sorted(MESSAGES)))
    payload = MESSAGES[action]
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths(payload)))
        if path:
            payload = replaced(payload, path, data.draw(JSON | st.just(MISSING)))
    station = sent(action, payload)
    if action == "StopTransaction":
        assert isinstance(station.recorded()[-1], TransactionStop)


@given(st.sampled_from(paths(METER_VALUE)), JSON | st.just(MISSING), st.booleans())
@settings(max_examples=examples(300), deadline=None)
def test_a_good_meter_value_survives_whatever_stands_beside_it(path: tuple[Any, ...], part: Any, before: bool) -> None:
    later = {**METER_VALUE, "timestamp": "2026-01-01T00:00:01Z"}
    bad = replaced({"": METER_VALUE}, ("", *path), part).get("", None)
    values = [bad, later] if before else [later, bad]
    station = sent("MeterValues", {"connectorId": 1, "transactionId": 77, "meterValue": values})
    good = Metered(
        charger_id="CP1",
        evse_id=1,
        transaction_id="77",
        charger_time_ms=NOW_MS + 1_000,
        current_ma=(6000, 6000, 6000),
        power_w=None,
        energy_wh=None,
        fresh=True,
    )
    assert [one.model_copy(update={"fresh": True}) for one in station.recorded() if isinstance(one, Metered)].count(
        good
    )


@pytest.mark.parametrize("action", sorted(MESSAGES))
@pytest.mark.parametrize("beside", [{"vendorField": {"deep": [1]}}, {"customData": None}])
def test_a_valid_message_is_answered_with_anything_beside_it(action: str, beside: dict[str, Any]) -> None:
    sent(action, MESSAGES[action] | beside)


@pytest.mark.parametrize("action", sorted(MESSAGES))
def test_every_message_is_answered_though_it_is_empty(action: str) -> None:
    sent(action, {})
    sent(action, dict.fromkeys(MESSAGES[action]))
