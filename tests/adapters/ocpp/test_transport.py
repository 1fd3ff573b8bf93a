"""Frames: what is no message, what is no call of ours, what comes twice, and what the log can't take."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ocpp.frames import BadFrame, parse
from adapters.ocpp.settings import Settings
from domain.records.observations import Status, TransactionStop
from tests.adapters.ocpp.charger import Charger
from tests.adapters.ocpp.world import NOW_MS, World
from tests.examples import examples

STATUS = {"connectorId": 1, "status": "Available", "errorCode": "NoError", "timestamp": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("frame", "message_id", "code", "field"),
    [
        ("garbage", "-1", "FormationViolation", "frame"),
        ("", "-1", "FormationViolation", "frame"),
        ('{"a": 1}', "-1", "FormationViolation", "frame"),
        ("[]", "-1", "FormationViolation", "frame"),
        ("[2]", "-1", "FormationViolation", "messageId"),
        ("[NaN]", "-1", "ProtocolError", "messageTypeId"),
        ("[" * 5000, "-1", "FormationViolation", "frame"),
        (b"\x00\x01", "-1", "FormationViolation", "frame"),
        ('[2, "", "Heartbeat", {}]', "-1", "FormationViolation", "messageId"),
        ('[7, "x", "Heartbeat", {}]', "-1", "ProtocolError", "messageTypeId"),
        ('[2, "x", 5, {}]', "x", "FormationViolation", "action"),
        ('[2, true, "Heartbeat", {}]', "-1", "FormationViolation", "messageId"),
        ('[2, null, "Heartbeat", {}]', "-1", "FormationViolation", "messageId"),
        ('[2, 1e300, "Heartbeat", {}]', "-1", "FormationViolation", "messageId"),
        ('[2.5, "x", "Heartbeat", {}]', "-1", "ProtocolError", "messageTypeId"),
        ('[2, "x"]', "x", "FormationViolation", "action"),
        ('[2, "x", "Heartbeat", "y"]', "x", "FormationViolation", "payload"),
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


@pytest.mark.parametrize(
    ("frame", "message_id"),
    [
        ('[2, 7, "Heartbeat", {}]', "7"),
        ('[2, 7.5, "Heartbeat", {}]', "7.5"),
        ('[2, 0, "Heartbeat", {}]', "0"),
        ('["2", "x", "Heartbeat", {}]', '"x"'),
        ('[2.0, "x", "Heartbeat", {}]', '"x"'),
        ('[2, "x", "Heartbeat"]', '"x"'),
        ('[2, "x", "Heartbeat", null]', '"x"'),
        ('[2, "x", "Heartbeat", []]', '"x"'),
        ('[2, "x", "Heartbeat", ""]', '"x"'),
        ('[2, "x", "Heartbeat", [{}]]', '"x"'),
        ('[2, "x", "Heartbeat", {}, {}]', '"x"'),
        ('[2, "x", " Heartbeat ", {"vendor": NaN}]', '"x"'),
        ('[2, "x", "Heartbeat", {"vendor": 1e999}]', '"x"'),
        ('[2, "x", "Heartbeat", {"vendor": "\\ud800 \n"}]', '"x"'),
        ('\ufeff[2, "x", "Heartbeat", {}]\0\r\n', '"x"'),
        (b'[2, "x", "Heartbeat", {}]', '"x"'),
    ],
)
async def test_a_frame_is_read_as_what_it_plainly_means(charger: Charger, frame: str | bytes, message_id: str) -> None:
    """It is answered under its own message id, in the type that it has."""
    await charger.send(frame)
    assert await charger.hear() == [3, json.loads(message_id), {"currentTime": "2026-01-01T00:00:00.000Z"}]


@given(
    st.text(max_size=60) | st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5).map(json.dumps)
)
@settings(max_examples=examples(100))
def test_any_text_is_a_message_or_a_bad_frame(text: str) -> None:
    try:
        message_id = parse(text).message_id
    except BadFrame as bad:
        message_id = bad.message_id
    assert isinstance(message_id, str | int | float)


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
    assert len(await world.reported(Status)) == 1


async def test_a_charger_with_but_one_message_id_gets_new_answers(world: World, charger: Charger) -> None:
    await charger.call("Heartbeat", {}, "1")
    world.clock.advance_to(NOW_MS + 60_000)
    assert await charger.call("Heartbeat", {}, "1") == [3, "1", {"currentTime": "2026-01-01T00:01:00.000Z"}]


async def test_a_reused_message_id_with_another_content_is_another_message(world: World, charger: Charger) -> None:
    await charger.call("StatusNotification", STATUS, "same")
    await charger.call("StatusNotification", STATUS | {"status": "Charging"}, "same")
    assert [told.status for told in await world.reported(Status)] == ["available", "charging"]


async def test_messages_keep_their_order(world: World, charger: Charger) -> None:
    for number in range(20):
        await charger.send([2, f"m{number}", "StatusNotification", STATUS | {"connectorId": number}])
    assert [(await charger.hear())[1] for _ in range(20)] == [f"m{number}" for number in range(20)]
    assert [told.evse_id for told in await world.reported(Status)] == list(range(20))


async def test_nothing_is_acknowledged_that_is_not_stored(world: World, charger: Charger) -> None:
    await world.settled()
    world.store.full = True
    stop = {"transactionId": 7, "meterStop": 1, "timestamp": "2026-01-01T00:00:00Z"}
    kind, _, code, description, details = await charger.call("StopTransaction", stop, "x")
    assert (kind, code, details) == (4, "InternalError", {"reason": "not stored"})
    assert "not stored" in description

    world.store.full = False
    assert (await charger.call("StopTransaction", stop, "x"))[0] == 3
    assert len(await world.reported(TransactionStop)) == 1


async def test_a_defect_is_an_internal_error_and_the_socket_lives(
    world: World, charger: Charger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(token: str) -> tuple[str, str | None]:
        raise RuntimeError(f"no database for {token}")

    monkeypatch.setattr(world.directory, "card", broken)
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
