"""Urgent reviews: asked for by a driver, decided by the rule or an operator; the words stay in the vault."""

import pytest

from domain.records import Record
from domain.records.vehicles import (
    DecideUrgentReview,
    Evidence,
    PriorityDenied,
    PriorityGranted,
    RequestUrgentReview,
    UrgentReviewOpened,
)
from tests.api.world import NOW, NOW_MS, Told, World, impatient, rejecting, silent

UNKNOWN = Evidence(
    eligible=False,
    mission_active=None,
    mission_age_ms=None,
    location_zone=None,
    location_age_ms=None,
    site_zone=None,
    level_permille=None,
    level_age_ms=None,
)


def granting(asked: RequestUrgentReview | DecideUrgentReview, given: Record) -> Told:
    granted = PriorityGranted(
        session_id=asked.session_id,
        vehicle_id="v",
        site_id="north",
        tier=1,
        basis="low_charge",
        valid_until_ms=NOW_MS,
        evidence=UNKNOWN,
        rule="low.v1",
        reason="the charge level is at most 15 %",
    )
    return [(given.stream, granted)]


def denying(asked: DecideUrgentReview, given: Record) -> Told:
    denied = PriorityDenied(
        session_id=asked.session_id,
        vehicle_id="v",
        site_id="north",
        basis="operator",
        evidence=UNKNOWN,
        rule="operator.v1",
        reason="an operator denied it",
    )
    return [(given.stream, denied)]


def opening(asked: RequestUrgentReview, given: Record) -> Told:
    opened = UrgentReviewOpened(session_id=asked.session_id, vehicle_id="v", decide_by_ms=NOW_MS, reason="not known")
    return [(given.stream, opened)]


@pytest.fixture
async def asked(world: World) -> dict[str, object]:
    """A session that waits."""
    await world.site()
    return await world.session()


async def test_a_review_that_the_rule_grants_is_told_at_once(world: World, asked: dict[str, object]) -> None:
    world.script[RequestUrgentReview] = granting
    answer = await world.post(f"/sessions/{asked['id']}/urgent-review", {"reason": "My mother fell"})
    assert answer.status_code == 202
    assert answer.json() == {
        "session_id": asked["id"],
        "status": "granted",
        "reason": "the charge level is at most 15 %",
        "tier": 1,
        "valid_until": NOW,
        "decide_by": None,
    }
    record = world.given[-1]
    assert (record.stream, record.data) == (
        f"vehicles:{asked['vehicle_id']}",
        RequestUrgentReview(session_id=str(asked["id"])),
    )
    assert await world.vault.notes.find(record.id) == "My mother fell"


async def test_one_that_an_operator_must_decide_is_pending(world: World, asked: dict[str, object]) -> None:
    world.script[RequestUrgentReview] = opening
    told = (await world.post(f"/sessions/{asked['id']}/urgent-review", {"reason": "late"})).json()
    assert (told["status"], told["reason"], told["decide_by"], told["tier"]) == ("pending", "not known", NOW, None)


@pytest.mark.parametrize(("granted", "script", "status"), [(True, granting, "granted"), (False, denying, "denied")])
async def test_the_operator_decides(world: World, asked: dict[str, object], granted, script, status) -> None:
    world.script[DecideUrgentReview] = script
    body = {"granted": granted, "reason": "called her back"}
    answer = await world.post(f"/sessions/{asked['id']}/urgent-review/decision", body)
    assert (answer.status_code, answer.json()["status"]) == (200, status)
    record = world.given[-1]
    assert record.data == DecideUrgentReview(session_id=str(asked["id"]), granted=granted)
    assert await world.vault.notes.find(record.id) == "called her back"


BODIES: dict[str, dict[str, object]] = {
    "urgent-review": {"reason": "x"},
    "urgent-review/decision": {"granted": True, "reason": "x"},
}


@pytest.mark.parametrize("path", BODIES)
class TestBoth:
    async def test_what_the_rule_rejects_is_a_conflict(self, world: World, asked: dict[str, object], path: str) -> None:
        said_no = rejecting("session_id", "no urgent review of this session is open", "priority.operator.v1")
        world.script |= {RequestUrgentReview: said_no, DecideUrgentReview: said_no}
        answer = await world.post(f"/sessions/{asked['id']}/{path}", BODIES[path])
        assert (answer.status_code, answer.json()["rule"]) == (409, "priority.operator.v1")

    async def test_of_an_unknown_session_is_not_found(self, world: World, path: str) -> None:
        answer = await world.post(f"/sessions/forged/{path}", BODIES[path])
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "session_id")
        assert world.given == []

    async def test_a_walk_up_has_none(self, world: World, path: str) -> None:
        await world.walk_up("w1")
        answer = await world.post(f"/sessions/w1/{path}", BODIES[path])
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "session_id")

    async def test_not_decided_in_time_it_is_stored(self, world: World, asked: dict[str, object], path: str) -> None:
        world.script |= {RequestUrgentReview: silent, DecideUrgentReview: silent}
        with impatient():
            answer = await world.post(f"/sessions/{asked['id']}/{path}", BODIES[path])
        assert (answer.status_code, answer.json()["status"]) == (202, "pending")
        assert answer.json()["reason"] == "stored, not decided yet"

    @pytest.mark.parametrize("reason", ["", "x" * 501])
    async def test_a_reason_has_1_to_500_characters(self, world: World, path: str, reason: str) -> None:
        answer = await world.post(f"/sessions/s1/{path}", {**BODIES[path], "reason": reason})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reason")

    async def test_sent_again_under_its_key_it_is_asked_once(
        self, world: World, asked: dict[str, object], path: str
    ) -> None:
        world.script |= {RequestUrgentReview: granting, DecideUrgentReview: granting}
        before = len(world.given)
        answers = [
            await world.post(f"/sessions/{asked['id']}/{path}", BODIES[path], Idempotency_Key="k") for _ in range(2)
        ]
        assert answers[0].json() == answers[1].json()
        assert len(world.given) == before + 1
