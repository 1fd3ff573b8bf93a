"""Given what vehicles and sites decide, then the queue and each session show it."""

from typing import Any

from domain.records import sites as events
from domain.records.vehicles import SessionClosed, SessionRequested
from projections import sessions
from tests.projections.read_models import ReadModels

SITE = "sites:north"


def queued(session_id: str, *, tier: int = 2, vehicle_id: str | None = "v1") -> events.SessionQueued:
    return events.SessionQueued(
        session_id=session_id,
        vehicle_id=vehicle_id,
        site_id="north",
        tier=tier,
        need_wh=10_000,
        target_permille=800,
        depart_ms=90_000,
        max_ma=32_000,
        phases=1,
        walk_up=vehicle_id is None,
    )


def scored(score_ppm: int) -> events.Fairness:
    return events.Fairness(score_ppm=score_ppm, energy_ppm=1, waiting_ppm=2, slack_ppm=3)


def standing(session_id: str, tier: int, score_ppm: int) -> events.Standing:
    return events.Standing(session_id=session_id, tier=tier, fairness=scored(score_ppm), queued_ms=0)


def expected(*known: tuple[str, int, int], turn_at_ms: int | None = None) -> events.EtaChanged:
    """What is told of some who wait: session, tier, score."""
    sessions = tuple(events.Expected(**dict(standing(*one)), turn_at_ms=turn_at_ms) for one in known)
    return events.EtaChanged(sessions=sessions, chargers=())


def offered(session_id: str, *facts: tuple[str, int, int]) -> events.SessionOffered:
    return events.SessionOffered(
        session_id=session_id,
        charger_id="c1",
        held_until_ms=9_000,
        facts=tuple(standing(*one) for one in facts),
        rule="offers.v1",
        reason="first",
    )


def charging(session_id: str) -> events.SessionCharging:
    return events.SessionCharging(session_id=session_id, charger_id="c1", transaction_id="7", meter_start_wh=0)


def schedule(*scores: tuple[str, int, int]) -> events.ScheduleChanged:
    """A schedule in which these chargers had these tiers and scores."""
    claimants = tuple(
        events.Claimant(
            charger_id=charger_id,
            tier=tier,
            fairness=scored(score_ppm),
            weight_ppm=1,
            min_ma=6_000,
            max_ma=32_000,
            running=True,
        )
        for charger_id, tier, score_ppm in scores
    )
    return events.ScheduleChanged(
        targets=(), valid_until_ms=9, claimants=claimants, limits=(), fixed=(), rule="schedule.v1", reason="shared"
    )


def ended(session_id: str) -> events.SessionEnded:
    return events.SessionEnded(
        session_id=session_id,
        vehicle_id="v1",
        charger_id="c1",
        state="completed",
        reason="target_reached",
        energy_wh=12_345,
        waited_ms=0,
    )


async def session(models: ReadModels, session_id: str = "s1") -> dict[str, Any]:
    found = await models.database.read(lambda connection: sessions.find(connection, session_id))
    assert found is not None
    return found


async def places(models: ReadModels) -> list[tuple[str, int]]:
    rows = await models.database.read(lambda connection: sessions.waiting(connection, "north"))
    return [(row["id"], row["place"]) for row in rows]


async def test_there_is_no_session_that_nobody_asked_for(models: ReadModels) -> None:
    assert await models.database.read(lambda connection: sessions.find(connection, "s1")) is None


async def test_asked_for_and_not_decided_by_the_site_it_is_requested(models: ReadModels) -> None:
    asked = SessionRequested(
        session_id="s1",
        vehicle_id="v1",
        site_id="north",
        tier=2,
        target_permille=800,
        level_permille=None,
        need_wh=None,
        depart_ms=90_000,
        max_ma=None,
        phases=1,
    )
    await models.apply("vehicles:v1", asked)
    known = await session(models)
    assert {name: known[name] for name in ("state", "vehicle_id", "site_id", "tier", "place", "charger_id")} == {
        "state": "requested",
        "vehicle_id": "v1",
        "site_id": "north",
        "tier": 2,
        "place": None,
        "charger_id": None,
    }
    closed = SessionClosed(session_id="s1", vehicle_id="v1", state="refused", reason="no chargers")
    await models.apply("vehicles:v1", closed)
    known = await session(models)
    assert (known["state"], known["reason"]) == ("refused", "no chargers")


async def test_a_refused_session_says_why(models: ReadModels) -> None:
    await models.apply(
        SITE, events.SessionRefused(session_id="s1", vehicle_id="v1", reason="this site has no chargers")
    )
    known = await session(models)
    assert (known["state"], known["reason"], known["site_id"]) == ("refused", "this site has no chargers", "north")


async def test_the_life_of_a_session(models: ReadModels) -> None:
    await models.apply(SITE, queued("s1"), time_ms=1_000)
    assert (await session(models))["state"] == "queued"
    await models.apply(SITE, offered("s1", ("s1", 2, 640_000)))
    known = await session(models)
    assert (known["state"], known["charger_id"], known["held_until_ms"]) == ("offered", "c1", 9_000)
    assert (known["score_ppm"], known["place"]) == (640_000, 0)
    await models.apply(
        SITE, events.SessionAssigned(session_id="s1", charger_id="c1", plug_in_until_ms=20_000), time_ms=2_000
    )
    known = await session(models)
    assert (known["state"], known["held_until_ms"], known["assigned_start_ms"]) == ("assigned", 20_000, 2_000)
    await models.apply(SITE, charging("s1"), time_ms=3_000)
    known = await session(models)
    assert (known["state"], known["held_until_ms"], known["assigned_start_ms"]) == ("charging", None, 2_000)
    await models.apply(SITE, events.SessionPaused(session_id="s1", reason="less than 6 A left"))
    known = await session(models)
    assert (known["state"], known["reason"]) == ("paused", "less than 6 A left")
    await models.apply(SITE, events.SessionResumed(session_id="s1"))
    known = await session(models)
    assert (known["state"], known["reason"]) == ("charging", None)
    await models.apply(SITE, ended("s1"), time_ms=8_000)
    known = await session(models)
    assert (known["state"], known["reason"], known["energy_wh"]) == ("completed", "target_reached", 12_345)
    assert (known["assigned_end_ms"], known["charger_id"], known["place"]) == (8_000, "c1", None)


async def test_a_walk_up_that_was_never_assigned_starts_when_it_charges(models: ReadModels) -> None:
    await models.apply(SITE, queued("s1", vehicle_id=None))
    await models.apply(SITE, charging("s1"), time_ms=3_000)
    known = await session(models)
    assert (known["assigned_start_ms"], known["walk_up"], known["vehicle_id"]) == (3_000, True, None)


async def test_snoozed_or_lost_an_offer_it_waits_again_without_a_charger(models: ReadModels) -> None:
    lost = events.SessionRequeued(session_id="s1", charger_id="c1", reason="charger Faulted")
    snoozed = events.SessionSnoozed(session_id="s1", charger_id="c1", until_ms=60_000)
    for given_back, reason in ((snoozed, "snoozed"), (lost, "charger Faulted")):
        await models.apply(SITE, queued("s1"), offered("s1"), given_back)
        known = await session(models)
        assert (known["state"], known["charger_id"], known["held_until_ms"]) == ("queued", None, None)
        assert (known["reason"], known["place"]) == (reason, 1)


async def test_the_queue_goes_by_tier_then_score_then_arrival(models: ReadModels) -> None:
    for time_ms, (session_id, tier) in enumerate([("a", 2), ("b", 2), ("c", 2), ("d", 0), ("e", 2), ("f", 2)]):
        await models.apply(SITE, queued(session_id, tier=tier), time_ms=time_ms)
    await models.apply(SITE, expected(("f", 2, 9), ("d", 0, 1), ("c", 2, 300), ("b", 2, 300), ("a", 2, 100)))
    await models.apply(SITE, offered("f", ("f", 2, 9)))
    assert await places(models) == [("f", 0), ("d", 1), ("b", 2), ("c", 3), ("a", 4), ("e", 5)]
    await models.apply(SITE, expected(("e", 2, 300), ("a", 1, 100)))
    assert await places(models) == [("f", 0), ("d", 1), ("a", 2), ("b", 3), ("c", 4), ("e", 5)]
    for session_id, place in await places(models):
        assert (await session(models, session_id))["place"] == place


async def test_the_queue_is_of_one_site_and_of_those_not_plugged_in(models: ReadModels) -> None:
    await models.apply(SITE, queued("s1"), queued("s2"), charging("s1"))
    await models.apply("sites:south", queued("s3").model_copy(update={"site_id": "south"}))
    assert await places(models) == [("s2", 1)]


async def test_an_expectation_holds_until_another_is_told_or_a_charger_is_held(models: ReadModels) -> None:
    await models.apply(SITE, queued("s1"), queued("s2"))
    await models.apply(SITE, expected(("s1", 2, 700), ("s2", 2, 600), turn_at_ms=70))
    await models.apply(SITE, expected(("s2", 2, 600), turn_at_ms=90))
    assert [(await session(models, one))["eta_ms"] for one in ("s1", "s2")] == [70, 90]
    await models.apply(SITE, expected(("s2", 2, 600), turn_at_ms=None))
    assert [(await session(models, one))["eta_ms"] for one in ("s1", "s2")] == [70, None]
    await models.apply(SITE, offered("s1"))
    assert (await session(models, "s1"))["eta_ms"] is None


async def test_an_offer_changes_nothing_of_the_others_who_wait(models: ReadModels) -> None:
    await models.apply(SITE, queued("s1"), queued("s2"), expected(("s1", 2, 700), ("s2", 2, 600), turn_at_ms=70))
    await models.apply(SITE, offered("s1", ("s1", 2, 750), ("s2", 2, 650)))
    assert [(await session(models, one))["score_ppm"] for one in ("s1", "s2")] == [750, 600]
    assert (await session(models, "s2"))["eta_ms"] == 70


async def test_estimates_tell_how_somebody_stands_and_why(models: ReadModels) -> None:
    await models.apply(SITE, queued("s1"))
    await models.apply(SITE, expected(("s1", 1, 700)))
    known = await session(models)
    assert (known["tier"], known["score_ppm"]) == (1, 700)
    assert (known["energy_ppm"], known["waiting_ppm"], known["slack_ppm"]) == (1, 2, 3)


async def test_the_schedule_tells_tier_and_score_of_those_who_charge(models: ReadModels) -> None:
    await models.apply(SITE, queued("old"), charging("old"), ended("old"), queued("s1"), charging("s1"))
    await models.apply(SITE, queued("s2"), charging("s2").model_copy(update={"charger_id": "c2"}))
    await models.apply(SITE, schedule(("c1", 1, 777), ("c2", 0, 888)))
    known = [await session(models, session_id) for session_id in ("s1", "s2", "old")]
    assert [(one["tier"], one["score_ppm"]) for one in known] == [(1, 777), (0, 888), (2, None)]


async def test_a_car_in_the_way_is_asked_to_move_until_it_has_gone(models: ReadModels) -> None:
    await models.apply(SITE, queued("s1"), charging("s1"), ended("s1"))
    await models.apply(SITE, events.ChargerOccupied(session_id="s1", charger_id="c1", wanted=True))
    assert (await session(models))["move_wanted"] is True
    await models.apply(SITE, events.ChargerReleased(charger_id="c1"))
    assert (await session(models))["move_wanted"] is False


async def test_priority_comes_and_goes(models: ReadModels) -> None:
    await models.apply(SITE, queued("s1"), queued("s2"))
    await models.apply(SITE, events.SessionTierChanged(session_id="s2", tier=0, until_ms=9_000))
    [first, second] = await models.database.read(lambda connection: sessions.waiting(connection, "north"))
    assert (first["id"], second["id"]) == ("s2", "s1")
    row = await models.database.read(lambda connection: sessions.find(connection, "s2"))
    assert row is not None
    assert (row["tier"], row["tier_until_ms"], row["place"]) == (0, 9_000, 1)
    await models.apply(SITE, events.SessionTierChanged(session_id="s2", tier=2, until_ms=None))
    row = await models.database.read(lambda connection: sessions.find(connection, "s2"))
    assert row is not None
    assert (row["tier"], row["tier_until_ms"], row["place"]) == (2, None, 2)


async def test_whether_its_energy_is_estimated_shows_while_it_charges_and_at_its_end(models: ReadModels) -> None:
    estimated = events.SessionEnergyEstimated(session_id="s1", estimated=True)
    await models.apply(SITE, queued("s1"))
    assert (await session(models))["estimated"] is False
    await models.apply(SITE, charging("s1"), estimated)
    assert (await session(models))["estimated"] is True
    await models.apply(SITE, estimated.model_copy(update={"estimated": False}))
    assert (await session(models))["estimated"] is False
    await models.apply(SITE, ended("s1").model_copy(update={"estimated": True}))
    assert (await session(models))["estimated"] is True
