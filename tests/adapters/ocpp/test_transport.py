"""Frames: what is no message, what is no call of ours, what comes twice, and what the log can't take."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ocpp.frames import BadFrame, parse
from adapters.ocpp.settings import Settings
from domain.records.observations import Booted, Status, TransactionStop
from tests.adapters.ocpp.charger import Charger
from tests.adapters.ocpp.world import World

STATUS = {"connectorId": 1, "status": "Available", "errorCode": "NoError", "timestamp": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("frame", "message_id", "code", "field"),
    [
        ("garbage", "-1", "FormationViolation", "frame"),
        ("", "-1", "FormationViolation", "frame"),
        ('{"a": 1}', "-1", "FormationViolation", "frame"),
        ("[]", "-1", "FormationViolation", "frame"),
        ("[2]", "-1", "FormationViolation", "messageId"),
        ("[NaN]", "-1", "FormationViolation", "frame"),
        ("[" * 5000, "-1", "FormationViolation", "frame"),
        (b"\x00\x01", "-1", "FormationViolation", "frame"),
        ('[2, 7, "Heartbeat", {}]', "-1", "FormationViolation", "messageId"),
        ('[2, "", "Heartbeat", {}]', "-1", "FormationViolation", "messageId"),
        ('[7, "x", "Heartbeat", {}]', "-1", "ProtocolError", "messageTypeId"),
        ('["2", "x", "Heartbeat", {}]', "-1", "ProtocolError", "messageTypeId"),
        ('[2, "x", "Heartbeat"]', "x", "FormationViolation", "frame"),
        ('[2, "x", "Heartbeat", {}, 1]', "x", "FormationViolation", "frame"),
        ('[2, "x", 5, {}]', "x", "FormationViolation", "action"),
        ('[2, "x", "Heartbeat", []]', "x", "FormationViolation", "payload"),
        ('[2, "x", "Heartbeat", null]', "x", "FormationViolation", "payload"),
        ('[2, "x", "MakeCoffee", {}]', "x", "NotImplemented", "action"),
        ('[2, "x", "Reset", {"type": "Hard"}]', "x", "NotSupported", "action"),
    ],
)
async def test_a_bad_frame_gets_an_error_and_the_socket_lives(
    charger: Charger, frame: str | bytes, message_id: str, code: str, field: str
) -> None:
    await charger.send(frame)
    kind, answered, error, description, details = await charger.hear()
    assert (kind, answered, error) == (4, message_id, code)
    assert isinstance(description, str)
    assert details["field"] == field
    assert details["reason"]
    assert (await charger.call("Heartbeat", {}))[0] == 3


START = {"connectorId": 1, "idTag": "KNOWN", "meterStart": 1000, "timestamp": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("action", "payload", "code", "field"),
    [
        ("StartTransaction", {**START, "meterStart": "12"}, "TypeConstraintViolation", "meterStart"),
        ("StartTransaction", {**START, "meterStart": 1.5}, "TypeConstraintViolation", "meterStart"),
        ("StartTransaction", {**START, "meterStart": True}, "TypeConstraintViolation", "meterStart"),
        ("StartTransaction", {**START, "meterStart": -1}, "PropertyConstraintViolation", "meterStart"),
        ("StartTransaction", {**START, "connectorId": 0}, "PropertyConstraintViolation", "connectorId"),
        ("StartTransaction", {**START, "timestamp": "yesterday"}, "PropertyConstraintViolation", "timestamp"),
        (
            "StartTransaction",
            {**START, "timestamp": "1700-01-01T00:00:00Z"},
            "PropertyConstraintViolation",
            "timestamp",
        ),
        ("StartTransaction", {**START, "timestamp": 17}, "TypeConstraintViolation", "timestamp"),
        ("StartTransaction", {**START, "idTag": " "}, "PropertyConstraintViolation", "idTag"),
        ("StartTransaction", {k: v for k, v in START.items() if k != "idTag"}, "ProtocolError", "idTag"),
        ("StopTransaction", {"meterStop": 1, "timestamp": "2026-01-01T00:00:00Z"}, "ProtocolError", "transactionId"),
        ("Authorize", {}, "ProtocolError", "idTag"),
        ("Authorize", {"idTag": 5}, "TypeConstraintViolation", "idTag"),
        ("StatusNotification", {"status": "Available"}, "ProtocolError", "connectorId"),
        ("MeterValues", {"connectorId": 1, "meterValue": {}}, "TypeConstraintViolation", "meterValue"),
        (
            "MeterValues",
            {"connectorId": 1, "meterValue": [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{}]}]},
            "ProtocolError",
            "meterValue.0.sampledValue.0.value",
        ),
        (
            "MeterValues",
            {"connectorId": 1, "meterValue": [{"timestamp": "x", "sampledValue": []}]},
            "PropertyConstraintViolation",
            "meterValue.0.timestamp",
        ),
    ],
)
async def test_a_bad_field_is_named(
    world: World, charger: Charger, action: str, payload: dict[str, Any], code: str, field: str
) -> None:
    kind, _, error, _, details = await charger.call(action, payload)
    assert (kind, error, details["field"]) == (4, code, field)
    assert details["reason"]
    assert len(await world.inputs("load")) == 1  # the connect


async def test_the_error_does_not_tell_the_token(charger: Charger) -> None:
    answer = await charger.call("StartTransaction", {**START, "idTag": "S3CRET" * 50})
    assert "S3CRET" not in json.dumps(answer)


@given(
    st.text(max_size=60) | st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5).map(json.dumps)
)
@settings(max_examples=100)
def test_any_text_is_a_message_or_a_bad_frame(text: str) -> None:
    try:
        message_id = parse(text).message_id
    except BadFrame as bad:
        message_id = bad.message_id
    assert isinstance(message_id, str)


@pytest.mark.parametrize("frame", ['[3, "nobody", {}]', '[4, "nobody", "InternalError", "", {}]', "[3]", "[4, 1]"])
async def test_an_answer_to_nothing_is_never_answered(world: World, charger: Charger, frame: str) -> None:
    await charger.send(frame)
    assert await charger.call("Heartbeat", {}, "h") == [3, "h", {"currentTime": "2026-01-01T00:00:00.000Z"}]
    await world.settled()
    assert world.gateway.frames() == {"CP1": (2, 1)}


async def test_a_repeated_message_gets_the_same_answer_and_one_effect(world: World, charger: Charger) -> None:
    first = await charger.call("StatusNotification", STATUS, "same")
    second = await charger.call("StatusNotification", STATUS, "same")
    assert first == second == [3, "same", {}]
    assert len(await world.said(Status)) == 1


async def test_a_reused_message_id_with_another_content_is_another_message(world: World, charger: Charger) -> None:
    await charger.call("StatusNotification", STATUS, "same")
    await charger.call("StatusNotification", STATUS | {"status": "Charging"}, "same")
    assert [told.status for told in await world.said(Status)] == ["Available", "Charging"]


async def test_messages_keep_their_order(world: World, charger: Charger) -> None:
    for number in range(20):
        await charger.send([2, f"m{number}", "StatusNotification", STATUS | {"connectorId": number}])
    assert [(await charger.hear())[1] for _ in range(20)] == [f"m{number}" for number in range(20)]
    assert [told.connector_id for told in await world.said(Status)] == list(range(20))


async def test_nothing_is_acknowledged_that_is_not_stored(world: World, charger: Charger) -> None:
    await world.settled()
    world.store.full = True
    stop = {"transactionId": 7, "meterStop": 1, "timestamp": "2026-01-01T00:00:00Z"}
    kind, _, code, description, details = await charger.call("StopTransaction", stop, "x")
    assert (kind, code, details) == (4, "InternalError", {"reason": "not stored"})
    assert "not stored" in description

    world.store.full = False
    assert (await charger.call("StopTransaction", stop, "x"))[0] == 3
    assert len(await world.said(TransactionStop)) == 1


async def test_a_defect_is_an_internal_error_and_the_socket_lives(
    world: World, charger: Charger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(token: str) -> tuple[str, str | None]:
        raise RuntimeError(f"no database for {token}")

    monkeypatch.setattr(world.directory, "vehicle_of", broken)
    answer = await charger.call("Authorize", {"idTag": "KNOWN"})
    assert answer[2:] == ["InternalError", "an unexpected error", {"reason": "unexpected"}]
    assert (await charger.call("Heartbeat", {}))[0] == 3


class TestLimits:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(message_limit_bytes=1_000, waiting_decisions=1)

    async def test_an_oversized_message_closes_the_socket(self, world: World, charger: Charger) -> None:
        await charger.send([2, "x", "DataTransfer", {"vendorId": "v" * 1_000}])
        assert await charger.closed() == 1009

    async def test_too_many_open_decisions_are_refused(self, charger: Charger) -> None:
        await charger.send([2, "a1", "Authorize", {"idTag": "KNOWN"}])
        answer = await charger.call("Authorize", {"idTag": "OTHER"}, "a2")
        assert answer[2:4] == ["GenericError", "too many calls wait for a decision"]


async def test_boot_is_accepted_with_the_time_and_a_jittered_interval(world: World, charger: Charger) -> None:
    boot = {"chargePointVendor": " Vendor ", "chargePointModel": "Model", "firmwareVersion": 5, "odd": {}}
    other = await world.connect("CP2")
    answers = [(await one.call("BootNotification", boot))[2] for one in (charger, other)]
    for answer in answers:
        assert answer["status"] == "Accepted"
        assert answer["currentTime"] == "2026-01-01T00:00:00.000Z"
        assert 240 <= answer["interval"] <= 300
    assert answers[0]["interval"] != answers[1]["interval"]
    assert (await world.said(Booted))[0] == Booted(charger_id="CP1", vendor="Vendor", model="Model", firmware="5")


async def test_an_odd_status_is_taken(world: World, charger: Charger) -> None:
    odd = {"connectorId": 1, "status": "Charging", "errorCode": "Error", "timestamp": "soon", "vendorId": 3}
    assert (await charger.call("StatusNotification", odd))[0] == 3
    assert await world.said(Status) == [
        Status(charger_id="CP1", connector_id=1, status="Charging", error_code="Error", charger_time_ms=None)
    ]


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("DataTransfer", {"vendorId": "acme", "data": "{}"}, {"status": "UnknownVendorId"}),
        ("FirmwareStatusNotification", {"status": "Installed"}, {}),
        ("DiagnosticsStatusNotification", {"status": "Idle"}, {}),
    ],
)
async def test_what_needs_no_record_is_answered(
    charger: Charger, action: str, payload: dict[str, Any], answer: dict[str, Any]
) -> None:
    assert await charger.call(action, payload, "x") == [3, "x", answer]
