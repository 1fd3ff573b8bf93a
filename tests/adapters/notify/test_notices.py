"""Whom each event is told, and that nothing else tells anybody anything."""

from __future__ import annotations

import pytest

from adapters.notify.notices import ENDED, NOTIFIABLE, USEFUL_MS, notices
from domain.records import TYPES, Payload, Record, input_record
from domain.records.load import AlarmRaised, ChargerStatusChanged
from domain.records.sites import ResumeWithheld, SessionEnded, SessionOffered, SessionPaused, SessionResumed
from domain.records.time import StreamParked
from domain.records.vehicles import Evidence, PriorityDenied, PriorityGranted

NOW_MS = 1_790_000_000_000
EVIDENCE = Evidence(
    eligible=True,
    mission_active=True,
    mission_age_ms=0,
    location_zone=None,
    location_age_ms=None,
    site_zone=None,
    level_permille=None,
    level_age_ms=None,
)
WHY = {"rule": "r", "reason": "it is far away"}


def event(said: Payload, event_id: str = "e1") -> Record:
    return input_record(event_id, "/test", "sites:north", NOW_MS, said, actor="t")


def granted(basis: str) -> PriorityGranted:
    about = {"session_id": "s1", "vehicle_id": "v1", "site_id": "north"}
    return PriorityGranted(**WHY, **about, tier=1, basis=basis, valid_until_ms=NOW_MS, evidence=EVIDENCE)


def denied(basis: str) -> PriorityDenied:
    return PriorityDenied(**WHY, session_id="s1", vehicle_id="v1", site_id="north", basis=basis, evidence=EVIDENCE)


def test_the_driver_is_notified_that_a_charger_is_held_and_for_how_long() -> None:
    until_ms = NOW_MS + 300_000
    [notice] = notices(event(SessionOffered(**WHY, session_id="s1", charger_id="c1", held_until_ms=until_ms, facts=())))
    assert (notice.to, notice.session_id, notice.useful_until_ms) == ("driver", "s1", until_ms)
    assert notice.text.startswith("c1 is reserved for you for 5 minutes, until 2026-09-21T")


@pytest.mark.parametrize("reason", ENDED)
def test_the_driver_is_notified_why_their_session_ended(reason: str) -> None:
    end = {"session_id": "s1", "vehicle_id": "v1", "charger_id": "c1", "state": "completed", "waited_ms": 0}
    [notice] = notices(event(SessionEnded(**end, reason=reason, energy_wh=12_340)))
    assert (notice.to, notice.vehicle_id, notice.useful_until_ms) == ("driver", "v1", NOW_MS + USEFUL_MS)
    assert notice.text == f"Your session has ended: {ENDED[reason]}. Energy: 12.3 kWh."


def test_the_driver_is_notified_that_their_session_pauses_and_why() -> None:
    [notice] = notices(event(SessionPaused(session_id="s1", reason="too little capacity")))
    assert (notice.to, notice.session_id) == ("driver", "s1")
    assert "too little capacity" in notice.text


def test_the_driver_is_notified_that_their_session_waits_for_their_card() -> None:
    [notice] = notices(event(ResumeWithheld(session_id="s1", charger_id="c1", reason="another card came")))
    assert (notice.to, notice.session_id) == ("driver", "s1")
    assert "another card came" in notice.text
    assert "present your card at c1" in notice.text


@pytest.mark.parametrize("basis", ["low_charge", "operator"])
@pytest.mark.parametrize("decision", [granted, denied])
def test_the_driver_and_their_fleet_are_notified_of_an_urgent_review(decision, basis) -> None:
    assert [notice.to for notice in notices(event(decision(basis)))] == ["driver", "fleet"]


@pytest.mark.parametrize("decision", [granted, denied])
def test_the_fleet_is_notified_of_a_missions_priority(decision) -> None:
    [notice] = notices(event(decision("mission")))
    assert (notice.to, notice.vehicle_id) == ("fleet", "v1")


def test_a_denial_gives_its_reason() -> None:
    assert "it is far away" in notices(event(denied("mission")))[0].text


def test_a_renewal_repeats_the_notice_and_another_session_is_a_new_one() -> None:
    [first], [again] = notices(event(granted("mission"), "e1")), notices(event(granted("mission"), "e2"))
    [other] = notices(event(granted("mission").model_copy(update={"session_id": "s2"}), "e3"))
    assert first.once == again.once != other.once


@pytest.mark.parametrize(
    ("said", "word"),
    [
        (StreamParked(input_id="i1", input_type="ocpp.metered.v1", error="KeyError"), "sites:north"),
        (AlarmRaised(code="cap_not_guaranteed", charger_id=None, detail="the cap is too low"), "the cap is too low"),
        (AlarmRaised(code="disobedient", charger_id="c1", detail="it measures too much"), "c1"),
    ],
)
def test_operators_are_notified_of_what_needs_them(said: Payload, word: str) -> None:
    [notice] = notices(event(said))
    assert notice.to == "operator"
    assert word in notice.text


def test_nobody_is_notified_of_a_status_that_is_no_fault() -> None:
    assert (
        notices(event(ChargerStatusChanged(charger_id="c1", evse_id=1, status="available", error_code="no_error")))
        == []
    )


def test_nobody_is_notified_of_an_event_outside_the_table() -> None:
    assert notices(event(SessionResumed(session_id="s1"))) == []
    assert set(TYPES) >= NOTIFIABLE
