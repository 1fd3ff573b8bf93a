"""Desired limits to calls: order, expiry, generations, and the ways that chargers need them put."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ocpp.messages import Call, validate_payload

from adapters.ocpp.jobs import OFFLINE, TIMEOUT, Answer, Job
from adapters.ocpp.v16.profile_strategy import FAILSAFE_OPTIONS
from adapters.ocpp.v16.reconcile import Reconciler
from adapters.ocpp.v16.times import time_text
from domain.load_control.desired import Desired, DesiredFailsafe, DesiredLease
from domain.records import Payload
from domain.records.observations import ProfileAnswer
from tests.adapters.ocpp.v16.charger import Station
from tests.adapters.ocpp.world import NOW_MS

ACCEPTED = Answer("accepted", "Accepted")
REJECTED = Answer("rejected", "Rejected")
UNSUPPORTED = Answer("not_supported", "NotSupported")
BEGINS_S = NOW_MS // 1000
"""The period of a lease in the place of the fail-safe limit, which began in 1970."""
RETRY_MS = 30_000
"""The default of the gateway's settings."""


class Scene:
    """A charger, and what its reconciler has it sent."""

    def __init__(self, charger_id: str = "CP1") -> None:
        self.charger = Station(charger_id).charger
        self.state = self.charger.state
        self.now_ms = NOW_MS
        self.reconciler = Reconciler(self.charger, self.charger.id)
        self.detail = ""

    def want(self, floor: DesiredFailsafe | None, lease: DesiredLease | None = None) -> None:
        phases = len(self.charger.identity.phases)
        self.state.desire(Desired(self.charger.id, self.charger.site_id, phases, floor, lease))

    def next(self) -> Job | None:
        return self.reconciler.next(self.now_ms)

    def sent(self, answer: Answer = ACCEPTED) -> tuple[dict[str, Any], list[Payload]]:
        """(the next call, what its answer led to)."""
        job = self.next()
        assert job is not None
        return job.payload, [self.plain(one) for one in job.answered(answer, self.now_ms)]

    def plain(self, recorded: Payload) -> Payload:
        """An observation without its detail, which is kept."""
        assert isinstance(recorded, ProfileAnswer)
        self.detail = recorded.detail
        return recorded.model_copy(update={"detail": ""})

    def settle(self) -> list[dict[str, Any]]:
        """Everything that is sent until nothing is left to say, all of it accepted."""
        calls = []
        while self.next() is not None:
            calls.append(self.sent()[0])
        return calls


FLOOR_6A = DesiredFailsafe(6_040, 1)


def lease(generation: int = 2, limit_ma: int = 16_000, seconds: float = 90, transaction_id: str = "77") -> DesiredLease:
    return DesiredLease(transaction_id, limit_ma, generation, NOW_MS + int(seconds * 1000))


def profile(call: dict[str, Any]) -> dict[str, Any]:
    return call["csChargingProfiles"]


def way(call: dict[str, Any]) -> tuple[str, str, int, int]:
    """(purpose, unit, stack level, connector) of a SetChargingProfile."""
    sent = profile(call)
    unit = sent["chargingSchedule"]["chargingRateUnit"]
    return sent["chargingProfilePurpose"], unit, sent["stackLevel"], call["connectorId"]


def answered(purpose: Any, generation: int, status: Any) -> list[ProfileAnswer]:
    return [ProfileAnswer(charger_id="CP1", purpose=purpose, generation=generation, status=status)]


def test_nothing_is_sent_while_nothing_is_desired() -> None:
    scene = Scene()
    assert scene.next() is None
    scene.want(None)
    assert scene.next() is None


def test_the_floor_goes_first_and_lasts_for_ever() -> None:
    scene = Scene()
    scene.want(FLOOR_6A, lease())
    call, recorded = scene.sent()
    assert call == {
        "connectorId": 0,
        "csChargingProfiles": {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0, "numberPhases": 3}],
            },
        },
    }
    assert recorded == answered("failsafe", 1, "accepted")


def test_then_the_lease_which_ends_by_itself() -> None:
    scene = Scene()
    scene.want(FLOOR_6A, replace(lease(seconds=90.9), evse_id=2))
    scene.sent()
    call, recorded = scene.sent()
    assert call == {
        "connectorId": 2,
        "csChargingProfiles": {
            "chargingProfileId": 2,
            "transactionId": 77,
            "stackLevel": 1,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0, "numberPhases": 3}],
                "startSchedule": "2026-01-01T00:00:00.000Z",
                "duration": 90,
            },
        },
    }
    assert recorded == answered("lease", 2, "accepted")
    assert scene.next() is None


@pytest.mark.parametrize("seconds", [-1, 0, 0.999])
def test_an_expired_lease_is_never_sent(seconds: float) -> None:
    scene = Scene()
    scene.want(FLOOR_6A, lease(seconds=seconds))
    assert [way(call)[0] for call in scene.settle()] == ["TxDefaultProfile"]


def test_a_lease_that_expires_while_the_floor_is_sent_is_not_sent() -> None:
    scene = Scene()
    scene.want(FLOOR_6A, lease(seconds=30))
    scene.sent()
    scene.now_ms += 30_000
    assert scene.next() is None


def test_only_the_newest_generation_is_sent() -> None:
    scene = Scene()
    scene.want(FLOOR_6A, lease(2, 16_000))
    scene.settle()
    scene.want(FLOOR_6A, lease(3, 10_000))
    scene.want(FLOOR_6A, lease(4, 8_000))
    (call,) = scene.settle()
    assert profile(call)["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 8.0


def test_an_answer_to_an_older_generation_does_not_settle_the_newer() -> None:
    scene = Scene()
    scene.want(FLOOR_6A)
    job = scene.next()
    assert job is not None
    scene.want(DesiredFailsafe(8_000, 2))
    assert list(job.answered(ACCEPTED, NOW_MS)) == answered("failsafe", 1, "accepted")
    assert len(scene.settle()) == 1


def test_a_timeout_is_recorded_and_tried_again_after_a_rest() -> None:
    scene = Scene()
    scene.want(FLOOR_6A, lease(seconds=3_600))
    assert scene.sent(TIMEOUT)[1] == answered("failsafe", 1, "timeout")
    assert way(scene.sent()[0])[0] == "TxProfile"  # the lease does not wait for it
    assert scene.next() is None
    assert scene.reconciler.wake_ms(scene.now_ms) == NOW_MS + RETRY_MS

    scene.now_ms += RETRY_MS
    assert scene.sent()[1] == answered("failsafe", 1, "accepted")
    assert scene.reconciler.wake_ms(scene.now_ms) is None


def test_a_newer_generation_does_not_rest() -> None:
    scene = Scene()
    scene.want(FLOOR_6A)
    scene.sent(TIMEOUT)
    scene.want(DesiredFailsafe(5_000, 2))
    assert scene.sent()[1] == answered("failsafe", 2, "accepted")


def test_offline_is_recorded_and_settles_nothing() -> None:
    scene = Scene()
    scene.want(FLOOR_6A)
    assert scene.sent(OFFLINE)[1] == answered("failsafe", 1, "offline")
    assert scene.next() is not None


@pytest.mark.parametrize(("refusal", "status"), [(REJECTED, "rejected"), (UNSUPPORTED, "not_supported")])
def test_a_refused_floor_is_tried_in_every_way_and_recorded_once(refusal: Answer, status: str) -> None:
    scene = Scene()
    scene.want(FLOOR_6A)
    tried, recorded = zip(*(scene.sent(refusal) for _ in FAILSAFE_OPTIONS), strict=True)
    assert [(*way(call), profile(call)["chargingProfileKind"]) for call in tried] == [
        ("TxDefaultProfile", "A", 0, 0, "Relative"),
        ("TxDefaultProfile", "A", 0, 0, "Absolute"),
        ("TxDefaultProfile", "A", 0, 1, "Relative"),
        ("TxDefaultProfile", "A", 0, 1, "Absolute"),
        ("TxDefaultProfile", "W", 0, 0, "Relative"),
        ("TxDefaultProfile", "W", 0, 0, "Absolute"),
        ("TxDefaultProfile", "W", 0, 1, "Relative"),
        ("TxDefaultProfile", "W", 0, 1, "Absolute"),
        ("ChargePointMaxProfile", "A", 0, 0, "Absolute"),
        ("ChargePointMaxProfile", "A", 0, 0, "Relative"),
        ("ChargePointMaxProfile", "W", 0, 0, "Absolute"),
        ("ChargePointMaxProfile", "W", 0, 0, "Relative"),
    ]
    assert list(recorded) == [*([[]] * 11), answered("failsafe", 1, status)]
    for option in FAILSAFE_OPTIONS:
        assert str(option) in scene.detail
    assert scene.next() is None


def test_a_refused_lease_is_tried_in_every_way() -> None:
    scene = Scene()
    scene.want(FLOOR_6A, lease())
    scene.sent()
    calls = []
    recorded: list[Payload] = []
    while not recorded:
        call, recorded = scene.sent(REJECTED)
        calls.append((*way(call)[:3], profile(call)["chargingProfileKind"]))
    assert calls == [
        ("TxProfile", "A", 1, "Absolute"),
        ("TxProfile", "A", 1, "Relative"),
        ("TxProfile", "A", 0, "Absolute"),
        ("TxProfile", "A", 0, "Relative"),
        ("TxProfile", "W", 1, "Absolute"),
        ("TxProfile", "W", 1, "Relative"),
        ("TxProfile", "W", 0, "Absolute"),
        ("TxProfile", "W", 0, "Relative"),
        ("TxDefaultProfile", "A", 0, "Absolute"),
        ("TxDefaultProfile", "W", 0, "Absolute"),
    ]
    assert recorded == answered("lease", 2, "rejected")
    assert "TxDefaultProfile Absolute in W (level 0, connector 0)" in scene.detail
    assert scene.next() is None


def test_of_kinds_only_absolute_has_a_start() -> None:
    """An absolute fail-safe limit has begun by the clock of a charger that is behind, too."""
    scene = Scene()
    scene.want(FLOOR_6A)
    relative, absolute = profile(scene.sent(REJECTED)[0]), profile(scene.sent()[0])
    assert "startSchedule" not in relative["chargingSchedule"]
    assert absolute["chargingSchedule"]["startSchedule"] == "1970-01-01T00:00:00.000Z"
    assert "duration" not in absolute["chargingSchedule"]


def test_where_the_floor_is_of_the_whole_charger_the_lease_takes_its_place() -> None:
    """A ChargePointMaxProfile bounds all else, so a TxProfile beside it would give nothing."""
    scene = Scene()
    scene.want(FLOOR_6A, lease(seconds=60))
    for _ in range(8):
        assert way(scene.sent(REJECTED)[0])[0] == "TxDefaultProfile"
    assert way(scene.sent()[0]) == ("ChargePointMaxProfile", "A", 0, 0)
    call, recorded = scene.sent()
    assert way(call) == ("ChargePointMaxProfile", "A", 0, 0)
    assert [
        (period["startPeriod"], period["limit"])
        for period in profile(call)["chargingSchedule"]["chargingSchedulePeriod"]
    ] == [(0, 6.0), (BEGINS_S, 16.0), (BEGINS_S + 60, 6.0)]
    assert profile(call)["chargingSchedule"]["startSchedule"] == "1970-01-01T00:00:00.000Z"
    [plain] = answered("lease", 2, "accepted")
    assert recorded == [plain.model_copy(update={"replaces_failsafe": True})]
    scene.want(FLOOR_6A)
    assert [way(call)[0] for call in scene.settle()] == ["ChargePointMaxProfile"]


def test_one_refusal_does_not_change_the_way_for_the_sockets_whole_life() -> None:
    scene = Scene()
    scene.reconciler.learn({"ChargingScheduleAllowedChargingRateUnit": "Current,Power"})
    scene.want(FLOOR_6A)
    for _ in range(4):
        assert way(scene.sent(REJECTED)[0])[1] == "A"
    assert way(scene.sent(ACCEPTED)[0]) == ("TxDefaultProfile", "W", 0, 0)
    assert scene.next() is None
    assert scene.reconciler.wake_ms(scene.now_ms) == NOW_MS + RETRY_MS

    scene.now_ms += RETRY_MS
    assert way(scene.sent(ACCEPTED)[0]) == ("TxDefaultProfile", "A", 0, 0)
    assert scene.reconciler.wake_ms(scene.now_ms) is None
    scene.want(DesiredFailsafe(7_000, 2))
    assert way(scene.sent()[0]) == ("TxDefaultProfile", "A", 0, 0)


def test_what_is_refused_twice_is_not_tried_again_and_what_was_accepted_stays() -> None:
    scene = Scene()
    scene.want(FLOOR_6A)
    scene.sent(REJECTED)
    scene.sent(ACCEPTED)
    scene.now_ms += RETRY_MS
    call, recorded = scene.sent(REJECTED)
    assert (profile(call)["chargingProfileKind"], recorded) == ("Relative", [])
    scene.now_ms += RETRY_MS
    assert scene.next() is None
    scene.want(DesiredFailsafe(7_000, 2))
    assert profile(scene.sent()[0])["chargingProfileKind"] == "Absolute"


@pytest.mark.parametrize("answer", [REJECTED, TIMEOUT])
def test_right_after_a_start_a_refusal_says_nothing_about_the_option(answer: Answer) -> None:
    scene = Scene()
    scene.want(FLOOR_6A)
    scene.sent()
    scene.charger.start_answered_ms = NOW_MS
    scene.want(FLOOR_6A, lease())
    job = scene.next()
    assert job is not None
    assert job.timeout_ms == 5_000
    assert scene.sent(answer)[1] == []
    assert scene.next() is None
    assert scene.reconciler.wake_ms(scene.now_ms) == NOW_MS + 2_000
    scene.now_ms += 2_000
    call, recorded = scene.sent()
    assert (way(call), recorded) == (("TxProfile", "A", 1, 1), answered("lease", 2, "accepted"))


def test_a_while_after_a_start_a_refusal_is_one() -> None:
    scene = Scene()
    scene.want(FLOOR_6A)
    scene.sent()
    scene.charger.start_answered_ms = NOW_MS - 10_000
    scene.want(FLOOR_6A, lease())
    job = scene.next()
    assert job is not None
    assert job.timeout_ms is None
    scene.sent(REJECTED)
    assert profile(scene.sent()[0])["chargingProfileKind"] == "Relative"


def test_an_answer_without_a_status_accepts_no_limit() -> None:
    scene = Scene()
    scene.want(FLOOR_6A)
    assert scene.sent(Answer("accepted", ""))[1] == []
    assert profile(scene.sent()[0])["chargingProfileKind"] == "Absolute"


def test_a_limit_that_needs_a_reboot_is_not_in_force() -> None:
    scene = Scene()
    scene.want(FLOOR_6A)
    assert scene.sent(Answer("accepted", "RebootRequired"))[1] == answered("failsafe", 1, "rejected")
    assert scene.state.reboot_required
    assert scene.next() is None


@pytest.mark.parametrize("charger_id", ["CP1", "CP2"])
def test_the_failsafe_limit_in_watts_is_of_one_phase_rounded_down(charger_id: str) -> None:
    scene = Scene(charger_id)
    scene.reconciler.learn({"ChargingScheduleAllowedChargingRateUnit": "Power"})
    scene.want(FLOOR_6A)
    call, recorded = scene.sent()
    schedule = profile(call)["chargingSchedule"]
    assert schedule["chargingRateUnit"] == "W"
    assert schedule["chargingSchedulePeriod"][0]["limit"] == 1389.0
    assert [answer.unit for answer in recorded if isinstance(answer, ProfileAnswer)] == ["W"]


@pytest.mark.parametrize(("total_ma", "limit"), [(None, 3_680.0), (16_000, 3_680.0), (48_000, 11_040.0)])
def test_a_lease_in_watts_is_what_all_phases_may_have_together(total_ma: int | None, limit: float) -> None:
    scene = Scene()
    scene.reconciler.learn({"ChargingScheduleAllowedChargingRateUnit": "Power"})
    scene.want(None, replace(lease(), total_ma=total_ma))
    assert profile(scene.sent()[0])["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == limit


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({}, ("TxProfile", "A", 1)),
        ({"ChargingScheduleAllowedChargingRateUnit": "W"}, ("TxProfile", "W", 1)),
        ({"ChargeProfileMaxStackLevel": "0"}, ("TxProfile", "A", 0)),
        ({"MaxChargingProfilesInstalled": "1"}, ("TxDefaultProfile", "A", 0)),
    ],
)
def test_what_the_charger_reports_of_itself_is_heeded(configuration: dict[str, str], expected: tuple[Any, ...]) -> None:
    scene = Scene()
    scene.reconciler.learn(configuration)
    scene.want(None, lease())
    assert way(scene.sent()[0])[:3] == expected


def by_default_profile() -> Scene:
    """A charger that takes a lease in the place of the floor only."""
    scene = Scene()
    scene.reconciler.learn({"MaxChargingProfilesInstalled": "1"})
    return scene


def test_before_and_after_a_lease_in_its_place_the_floor_holds_by_any_clock() -> None:
    """A clock that is behind, or is set back, must not leave the charger without any limit."""
    scene = by_default_profile()
    scene.want(FLOOR_6A, lease(seconds=60))
    scene.sent()
    sent = profile(scene.sent()[0])
    assert "transactionId" not in sent
    assert sent["chargingProfileId"] == 1
    assert sent["chargingSchedule"] == {
        "chargingRateUnit": "A",
        "startSchedule": "1970-01-01T00:00:00.000Z",
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 6.0, "numberPhases": 3},
            {"startPeriod": BEGINS_S, "limit": 16.0, "numberPhases": 3},
            {"startPeriod": BEGINS_S + 60, "limit": 6.0, "numberPhases": 3},
        ],
    }


@pytest.mark.parametrize("answer", [ACCEPTED, TIMEOUT])
def test_a_floor_that_was_replaced_is_put_back_when_the_lease_is_over(answer: Answer) -> None:
    scene = by_default_profile()
    scene.want(FLOOR_6A, lease())
    scene.sent()
    scene.sent(answer)
    scene.want(FLOOR_6A)
    (call,) = scene.settle()
    assert profile(call)["chargingProfileKind"] == "Relative"


def test_a_new_floor_in_the_place_of_a_lease_brings_the_lease_again() -> None:
    scene = by_default_profile()
    scene.want(FLOOR_6A, lease())
    scene.settle()
    scene.want(DesiredFailsafe(7_000, 3), lease())
    assert [profile(call)["chargingProfileKind"] for call in scene.settle()] == ["Relative", "Absolute"]


@pytest.mark.parametrize(("stopped", "calls"), [(False, [{"id": 2}]), (True, [])])
def test_a_lease_is_cleared_if_its_transaction_still_runs(stopped: bool, calls: list[dict[str, Any]]) -> None:
    scene = Scene()
    scene.want(FLOOR_6A, lease())
    scene.settle()
    if stopped:
        scene.state.transaction_ended("77")
    scene.want(FLOOR_6A)
    assert scene.settle() == calls


async def test_all_that_is_sent_is_valid_ocpp() -> None:
    """Against the schemas of the `ocpp` package."""
    for way_of_life in (Scene(), by_default_profile(), Scene("CP2")):
        way_of_life.want(DesiredFailsafe(6_170, 1), lease(limit_ma=13_930))
        for call in way_of_life.settle():
            await validate_payload(Call("1", "SetChargingProfile", call), "1.6")


def test_a_lease_begins_by_the_clock_of_its_charger() -> None:
    scene = Scene()
    scene.want(FLOOR_6A, lease())
    desired = scene.state.desired[scene.charger.id]
    scene.state.desire(replace(desired, clock_offset_ms=-7_200_000))
    call = scene.settle()[1]
    assert profile(call)["chargingSchedule"]["startSchedule"] == time_text(NOW_MS + 7_200_000)
    assert profile(call)["chargingSchedule"]["duration"] == 90
