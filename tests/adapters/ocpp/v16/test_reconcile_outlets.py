"""A charger with two connectors: limits for each of its outlets, and one limit for both where it takes no other."""

from __future__ import annotations

from typing import Any

from adapters.ocpp.jobs import Answer
from adapters.ocpp.v16.reconcile_outlets import OutletsReconciler
from domain.load_control.desired import Desired, DesiredFailsafe, DesiredLease
from domain.records.observations import ProfileAnswer
from tests.adapters.ocpp.v16.charger import Station
from tests.adapters.ocpp.world import NOW_MS

BEGINS_S = NOW_MS // 1000
ACCEPTED, REJECTED = Answer("accepted", "Accepted"), Answer("rejected", "Rejected")


class Scene:
    def __init__(self) -> None:
        self.charger = Station("DUO").charger
        self.reconciler = OutletsReconciler(self.charger)

    def want(self, outlet: str, floor_ma: int, lease: DesiredLease | None = None, generation: int = 1) -> None:
        floor = DesiredFailsafe(floor_ma, generation)
        self.charger.state.desire(Desired(outlet, "s1", 3, floor, lease))

    def sent(self, answer: Answer = ACCEPTED) -> tuple[dict[str, Any], list[Any]]:
        job = self.reconciler.next(NOW_MS)
        assert job is not None
        return job.payload, list(job.answered(answer, NOW_MS))


def limit(call: dict[str, Any]) -> tuple[int, int, float]:
    """(connector, profile id, A) of a SetChargingProfile."""
    profile = call["csChargingProfiles"]
    [period] = profile["chargingSchedule"]["chargingSchedulePeriod"]
    return call["connectorId"], profile["chargingProfileId"], period["limit"]


def test_each_outlet_has_its_own_limit_and_its_own_answer() -> None:
    scene = Scene()
    scene.want("DUO:1", 10_000)
    scene.want("DUO:2", 6_000, DesiredLease("77", 16_000, 2, NOW_MS + 90_000, evse_id=2))
    first, recorded = scene.sent()
    assert limit(first) == (1, 1, 10.0)
    assert recorded == [ProfileAnswer(charger_id="DUO:1", purpose="failsafe", generation=1, status="accepted")]
    second, recorded = scene.sent()
    assert limit(second) == (2, 3, 6.0)
    assert recorded == [ProfileAnswer(charger_id="DUO:2", purpose="failsafe", generation=1, status="accepted")]
    lease, recorded = scene.sent()
    assert limit(lease) == (2, 4, 16.0)
    assert recorded == [ProfileAnswer(charger_id="DUO:2", purpose="lease", generation=2, status="accepted")]
    assert scene.reconciler.next(NOW_MS) is None


def test_a_limit_for_the_whole_charger_is_the_lowest_of_its_outlets() -> None:
    """A TxDefaultProfile on connector 0 holds for each connector."""
    scene = Scene()
    scene.want("DUO:1", 10_000)
    scene.want("DUO:2", 6_000)
    calls = []
    while scene.reconciler.next(NOW_MS) is not None:
        profile = scene.reconciler.next(NOW_MS)
        assert profile is not None
        connector = profile.payload["connectorId"]
        calls.append(limit(scene.sent(ACCEPTED if connector == 0 else REJECTED)[0]))
    assert {amps for connector, _, amps in calls if connector == 0} == {6.0}


def test_a_lease_for_the_whole_charger_ends_with_the_first_of_its_outlets() -> None:
    """The other's transaction goes on, and nothing but the lowest fail-safe limit holds for the first one by then."""
    scene = Scene()
    scene.want("DUO:1", 10_000, DesiredLease("76", 16_000, 2, NOW_MS + 600_000, evse_id=1))
    scene.want("DUO:2", 6_000, DesiredLease("77", 20_000, 2, NOW_MS + 90_000, evse_id=2))
    leases = []
    while (job := scene.reconciler.next(NOW_MS)) is not None:
        profile = job.payload["csChargingProfiles"]
        accepts = profile["chargingProfilePurpose"] == "ChargePointMaxProfile"
        [answer] = job.answered(ACCEPTED if accepts else REJECTED, NOW_MS) or [None]
        if answer is not None and answer.purpose == "lease" and answer.status == "accepted":
            periods = profile["chargingSchedule"]["chargingSchedulePeriod"]
            leases.append([(period["startPeriod"], period["limit"]) for period in periods])
    assert leases == [[(0, 6.0), (BEGINS_S, 16.0), (BEGINS_S + 90, 6.0)]] * 2
