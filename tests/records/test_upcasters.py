"""Records of old versions: read by everybody as present ones, step by step, and never lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.log.codec import canonical, decode, decode_desired, encode
from commands.log.record_header import read_header
from commands.ports.log import LogDamaged
from domain.load_control.desired import DesiredLease
from domain.records import TYPES, Payload, input_record
from domain.records.sites import EtaChanged
from domain.records.time import StreamUnparked
from domain.records.upcasters import UPCASTERS, next_version, present_name, upcast, upcasts
from services.cli import schemas
from tests.examples import examples
from tests.records import committed
from tests.records.samples import samples


class Told(Payload):
    """The present version of an example: in watts, and says who."""

    power_w: int
    who: str


def in_watts(data: dict[str, Any]) -> dict[str, Any]:
    return {"power_w": data["power_kw"] * 1000}


def by_somebody(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "who": "somebody"}


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A type that has changed twice."""
    Told.type_name, Told.record_kind = "example.told.v3", "event"
    monkeypatch.setitem(TYPES, "example.told.v3", Told)
    monkeypatch.setitem(UPCASTERS, "example.told.v1", in_watts)
    monkeypatch.setitem(UPCASTERS, "example.told.v2", by_somebody)


def stored(type_name: str, **data: Any) -> bytes:
    """A record as it was stored when `type_name` was the present version."""
    present = input_record("i", "/test", "sites:a", 7, StreamUnparked(), actor="a")
    return canonical({**orjson.loads(encode(present)), "type": type_name, "data": data})


@pytest.mark.usefixtures("versions")
@pytest.mark.parametrize(
    ("recorded", "read"),
    [
        (("example.told.v1", {"power_kw": 11}), Told(power_w=11_000, who="somebody")),
        (("example.told.v2", {"power_w": 11_001}), Told(power_w=11_001, who="somebody")),
        (("example.told.v3", {"power_w": 5, "who": "me"}), Told(power_w=5, who="me")),
    ],
)
def test_every_version_is_read_as_the_present_one(recorded: tuple[str, dict[str, Any]], read: Told) -> None:
    body = stored(recorded[0], **recorded[1])

    record = decode(body)

    assert record == decode(stored("example.told.v3", power_w=1, who="x"))._replace(data=read)
    assert record.type == read_header(body).type == "example.told.v3"
    assert record.id == read_header(body).id == "i"


@pytest.mark.usefixtures("versions")
def test_what_an_upcaster_can_t_make_sense_of_is_damage() -> None:
    with pytest.raises(LogDamaged, match="power_kw"):
        decode(stored("example.told.v1", power_w=1))
    with pytest.raises(LogDamaged, match=r"example\.told\.v9"):
        decode(stored("example.told.v9", power_w=1))


def test_a_version_has_one_upcaster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(UPCASTERS, "example.told.v1", in_watts)
    with pytest.raises(ValueError, match=r"two upcasters of example\.told\.v1"):
        upcasts("example.told.v1")(by_somebody)
    assert UPCASTERS["example.told.v1"] is in_watts


def test_versions_are_numbered() -> None:
    assert next_version("site.example.v1") == "site.example.v2"
    assert next_version("site.example.v9") == "site.example.v10"


def test_a_present_version_is_left_as_it_is() -> None:
    data = {"name": "x", "due_ms": 1}
    assert present_name("timer.due.v1") == "timer.due.v1"
    assert upcast("timer.due.v1", data) is data


def test_a_queue_that_was_told_as_a_whole_is_read_as_if_all_of_it_had_changed() -> None:
    fairness = dict.fromkeys(("score_ppm", "energy_ppm", "waiting_ppm", "slack_ppm"), 5)
    standings = [{"session_id": name, "tier": 2, "fairness": fairness, "queued_ms": 1} for name in ("a", "b")]
    body = stored("site.eta_changed.v1", sessions=[["a", 7]], chargers=[["c1", 9]], standings=standings)

    read = decode(body).data

    assert isinstance(read, EtaChanged)
    assert [(one.session_id, one.turn_at_ms) for one in read.sessions] == [("a", 7), ("b", None)]
    assert read.chargers == (("c1", 9),)


def test_an_old_version_has_no_model_and_leads_to_one() -> None:
    assert not UPCASTERS.keys() & TYPES.keys()
    assert {present_name(name) for name in UPCASTERS} <= TYPES.keys()


OLD = {
    "type": "object",
    "additionalProperties": False,
    "required": ["power_kw"],
    "properties": {"power_kw": {"type": "integer"}, "more": {"type": "boolean", "default": False}},
}
"""The schema of the example's first version: its upcaster drops `more`."""


@pytest.mark.usefixtures("versions")
@settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_an_old_schema_allows_is_read(data: st.DataObject) -> None:
    kept = committed.in_folder()
    old = {name: kept[name] for name in UPCASTERS if name in kept} | {"example.told.v1": OLD}
    for name, schema in old.items():
        sample = data.draw(samples(schema, schema.get("$defs", {})))
        read = decode(stored(name, **sample)).data
        assert decode(stored(present_name(name), **orjson.loads(canonical(read)))).data == read


@pytest.mark.usefixtures("versions")
def test_the_schema_of_an_old_version_stays(tmp_path: Path) -> None:
    schemas.write(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"\.v\d+\.json"):
        schemas.history(tmp_path)
    for name in UPCASTERS:
        (tmp_path / f"{name}.json").write_text("{}")

    assert not schemas.write(tmp_path)
    assert schemas.history(tmp_path) == {name: {} for name in UPCASTERS}


def test_the_history_is_there() -> None:
    assert UPCASTERS.keys() <= committed.in_folder().keys()


def upcast_data(type_name: str, **data: Any) -> dict[str, Any]:
    """The data of the present payload that a stored record of an old version is read as."""
    return decode(stored(type_name, **data)).data.model_dump()


def test_a_status_of_1_6_is_one_of_ours_at_an_evse() -> None:
    old = {"charger_id": "c1", "connector_id": 2, "status": "SuspendedEVSE", "error_code": "EVCommunicationError"}
    for type_name, more in (("ocpp.status.v1", {"charger_time_ms": 7}), ("charger.status_changed.v1", {})):
        read = upcast_data(type_name, **old, **more)
        assert (read["evse_id"], read["connector_id"]) == (2, 1)
        assert (read["status"], read["error_code"], read["detail"]) == ("suspended_evse", "ev_communication_error", "")


def test_a_word_that_ocpp_does_not_have_was_stored_as_the_charger_sent_it() -> None:
    read = upcast_data(
        "ocpp.status.v1", charger_id="c1", connector_id=1, status="Asleep", error_code="E42", charger_time_ms=None
    )
    assert (read["status"], read["error_code"]) == ("unknown", "other_error")


@pytest.mark.parametrize(
    ("recorded", "read"),
    [
        ("StopLost", "stop_lost"),
        ("ClosedByOperator", "closed_by_operator"),
        ("superseded", "superseded"),
        ("restarted", "restarted"),
        ("EVDisconnected", "ev_disconnected"),
        ("DeAuthorized", "de_authorized"),
        ("PowerLoss", "power_loss"),
        ("CableWasCut", "other"),
    ],
)
def test_the_reason_of_a_stop_is_one_of_ours(recorded: str, read: str) -> None:
    stop = {"charger_id": "c1", "vehicle_id": None, "energy_wh": 5, "meter_stop_wh": 5, "commissioning": False}
    data = upcast_data("transaction.stopped.v1", transaction_id=77, reason=recorded, **stop)
    assert (data["transaction_id"], data["reason"]) == ("77", read)


def test_the_id_of_a_transaction_that_could_not_be_read_was_0() -> None:
    stop = {"charger_id": "c1", "meter_stop_wh": 5, "charger_time_ms": 1, "reason": "Local"}
    for number, read in ((0, ""), (-1, "-1"), (77, "77")):
        assert upcast_data("ocpp.transaction_stop.v1", transaction_id=number, **stop)["transaction_id"] == read


def test_none_is_no_transaction_in_any_version() -> None:
    assert upcast_data("sites.transaction_known.v1", charger_id="c1", transaction_id=None)["transaction_id"] is None
    assert upcast_data("load.close_transaction.v1", charger_id="c1")["transaction_id"] is None


def test_every_lease_of_a_renewal_names_its_transaction_as_text() -> None:
    limit = {"charger_id": "c1", "transaction_id": 77, "limit_ma": 6_000, "generation": 3}
    read = upcast_data("site.limits_renewed.v1", valid_until_ms=9, limits=[limit])
    assert read["limits"] == ({**limit, "transaction_id": "77"},)


def test_what_a_site_knew_of_an_outlet_has_our_words() -> None:
    old = {"charger_id": "c1", "connected": True, "status": "Charging"}
    for whole, read in (({}, None), ({"whole_status": ""}, None), ({"whole_status": "Faulted"}, "faulted")):
        data = upcast_data("sites.charger_changed.v1", **old, **whole)
        assert (data["status"], data["whole_status"]) == ("charging", read)


def test_a_row_of_a_desired_lease_of_before_is_read() -> None:
    lease = {"transaction_id": 77, "limit_ma": 6_000, "generation": 3, "valid_until_ms": 9, "connector_id": 2}
    row = {"charger_id": "c1", "site_id": "s", "phases": 3, "floor": None, "lease": lease}
    assert decode_desired(canonical(row)).lease == DesiredLease("77", 6_000, 3, 9, evse_id=2)
    assert decode_desired(canonical({**row, "lease": None})).lease is None


@pytest.mark.parametrize("body", [b"{", b"[1]", b'{"charger_id": "c1"}'])
def test_what_is_no_row_of_a_desired_state_is_damage(body: bytes) -> None:
    with pytest.raises(LogDamaged, match="a row of desired limits can't be read"):
        decode_desired(body)
