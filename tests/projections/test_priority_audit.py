"""Given what was decided about priority, then each decision is a row with its reason."""

from domain.records.vehicles import Evidence, PriorityDenied, PriorityExpired, PriorityGranted, UrgentReviewOpened
from projections import priority_audit
from projections.priority_audit import PRIORITY_AUDIT
from tests.projections.read_models import ReadModels, event

EVIDENCE = Evidence(
    eligible=True,
    mission_active=True,
    mission_age_ms=1,
    location_zone="9qh1u",
    location_age_ms=2,
    site_zone="9qh1u",
    level_permille=140,
    level_age_ms=3,
)
GRANTED = PriorityGranted(
    session_id="s1",
    vehicle_id="v1",
    site_id="north",
    tier=0,
    basis="mission",
    valid_until_ms=9_000,
    evidence=EVIDENCE,
    rule="mission.v1",
    reason="on a mission",
)
DENIED = PriorityDenied(
    session_id=None,
    vehicle_id="v2",
    site_id=None,
    basis="mission",
    evidence=EVIDENCE.model_copy(update={"level_permille": None, "location_zone": None}),
    rule="driver.v1",
    reason="a driver's word",
)
EXPIRED = PriorityExpired(
    session_id="s1", vehicle_id="v1", site_id="north", tier=0, evidence=EVIDENCE, rule="mission.v1", reason="over"
)
OPENED = UrgentReviewOpened(session_id="s3", vehicle_id="v3", decide_by_ms=7_000, reason="not known")


async def latest(models: ReadModels, vehicle_ids=None, limit: int = 100):
    return await models.database.read(lambda connection: priority_audit.latest(connection, vehicle_ids, limit))


async def a_tale(models: ReadModels) -> None:
    await models.apply("vehicles:v1", GRANTED, time_ms=1_000)
    await models.apply("vehicles:v2", DENIED, time_ms=2_000)
    await models.apply("vehicles:v3", OPENED, time_ms=3_000)
    await models.apply("vehicles:v1", EXPIRED, time_ms=4_000)


async def test_each_decision_is_a_row_newest_first(models: ReadModels) -> None:
    await a_tale(models)
    rows = await latest(models)
    assert [(row["decision"], row["vehicle_id"], row["created_at_ms"]) for row in rows] == [
        ("expired", "v1", 4_000),
        ("pending", "v3", 3_000),
        ("denied", "v2", 2_000),
        ("granted", "v1", 1_000),
    ]
    granted = dict(rows[-1])
    assert granted.pop("id").startswith("event-")
    assert granted == {
        "vehicle_id": "v1",
        "session_id": "s1",
        "site_id": "north",
        "tier": 0,
        "level_permille": 140,
        "location_zone": "9qh1u",
        "decision": "granted",
        "basis": "mission",
        "rule": "mission.v1",
        "reason": "on a mission",
        "valid_until_ms": 9_000,
        "created_at_ms": 1_000,
        "asked_id": None,
    }


async def test_what_was_unknown_is_null(models: ReadModels) -> None:
    await a_tale(models)
    _, pending, denied, _ = await latest(models)
    assert (denied["session_id"], denied["site_id"], denied["level_permille"], denied["location_zone"]) == (None,) * 4
    assert (denied["basis"], denied["reason"], denied["tier"]) == ("mission", "a driver's word", None)
    assert (pending["basis"], pending["reason"], pending["valid_until_ms"]) == ("operator", "not known", 7_000)


async def test_of_some_vehicles_and_of_none(models: ReadModels) -> None:
    await a_tale(models)
    assert [row["decision"] for row in await latest(models, ["v1", "v2"])] == ["expired", "denied", "granted"]
    assert [row["decision"] for row in await latest(models, ["v1", "v2"], 1)] == ["expired"]
    assert await latest(models, []) == []


async def pending(models: ReadModels, now_ms: int, site_id: str = "north"):
    return await models.database.read(lambda connection: priority_audit.pending(connection, site_id, now_ms))


async def test_a_review_waits_until_it_is_decided_or_its_time_is_over(models: ReadModels) -> None:
    opened = OPENED.model_copy(update={"site_id": "north", "evidence": EVIDENCE})
    denied = DENIED.model_copy(update={"session_id": "s3", "site_id": "north"})
    other = opened.model_copy(update={"session_id": "s4", "decide_by_ms": 6_000})
    await models.apply("vehicles:v1", GRANTED.model_copy(update={"session_id": "s3"}), time_ms=2_000)
    await models.apply("vehicles:v3", opened, time_ms=3_000)
    await models.apply("vehicles:v4", other, time_ms=4_000)
    rows = await pending(models, 5_999)
    assert [(row["session_id"], row["level_permille"]) for row in rows] == [("s4", 140), ("s3", 140)]
    assert {row["asked_id"] for row in rows} <= {row["asked_id"] for row in await models.rows(PRIORITY_AUDIT)} - {None}
    assert [row["session_id"] for row in await pending(models, 6_000)] == ["s3"]
    assert await pending(models, 5_000, "south") == []
    await models.apply("vehicles:v3", denied, time_ms=5_000)
    assert [row["session_id"] for row in await pending(models, 5_000)] == ["s4"]


async def test_an_event_that_is_told_again_is_one_row(models: ReadModels) -> None:
    granted = event("vehicles:v1", GRANTED)
    for _ in range(2):
        await models.projector.apply([models.stored(granted)])
    assert len(await models.rows(PRIORITY_AUDIT)) == 1
