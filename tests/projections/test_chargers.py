"""Given what `load` and `sites` decide, then the chargers of a site show it."""

from typing import Any

import pytest

from commands.ports.directory import ChargerIdentity
from domain.records import load
from domain.records import sites as events
from projections import chargers
from tests.projections.read_models import ReadModels

ADDED = load.ChargerAdded(charger_id="c1", node="main", phases=(0, 2), max_ma=32_000, min_ma=6_000, voltage_mv=230_000)
AT_SITE = events.SiteChargerAdded(**{name: value for name, value in ADDED.__dict__.items() if name != "ocpp_id"})


@pytest.fixture(autouse=True)
async def added(models: ReadModels) -> None:
    await models.apply("load:north", ADDED)
    await models.apply("sites:north", AT_SITE)


async def charger(models: ReadModels) -> dict[str, Any]:
    [row] = await models.database.read(lambda connection: chargers.at_site(connection, "north"))
    return dict(row)


def started(transaction_id: str, duplicate_of: str | None = None) -> load.TransactionStarted:
    return load.TransactionStarted(
        transaction_id=transaction_id,
        charger_id="c1",
        evse_id=1,
        vehicle_id="v1",
        token_ref="tok_1",
        meter_start_wh=0,
        permitted=True,
        commissioning=False,
        duplicate_of=duplicate_of,
    )


def stopped(transaction_id: str) -> load.TransactionStopped:
    return load.TransactionStopped(
        transaction_id=transaction_id,
        charger_id="c1",
        vehicle_id="v1",
        energy_wh=1,
        meter_stop_wh=1,
        reason="local",
        commissioning=False,
    )


async def test_a_new_charger_is_unproven_not_connected_and_of_unknown_status(models: ReadModels) -> None:
    assert await charger(models) == {
        "id": "c1",
        "charger_id": "c1",
        "connector_id": 1,
        "site_id": "north",
        "ocpp_id": "c1",
        "phases": [0, 2],
        "max_ma": 32_000,
        "voltage_mv": 230_000,
        "vehicle_id": None,
        "status": None,
        "connected": False,
        "obedience": "unproven",
        "limit_ma": None,
        "session_id": None,
        "move_wanted": False,
        "free_at_ms": None,
        "session_state": None,
    }


async def test_it_connects_and_disconnects(models: ReadModels) -> None:
    await models.apply("load:north", load.ChargerConnected(charger_id="c1", connection_id="k"))
    assert (await charger(models))["connected"] is True
    await models.apply("load:north", load.ChargerDisconnected(charger_id="c1", connection_id="k", reason="gone"))
    assert (await charger(models))["connected"] is False


async def test_the_connector_says_the_status_unless_the_whole_charger_fails(models: ReadModels) -> None:
    async def says(evse_id: int, status: str) -> str | None:
        said_so = load.ChargerStatusChanged(charger_id="c1", evse_id=evse_id, status=status, error_code="no_error")
        await models.apply("load:north", said_so)
        return (await charger(models))["status"]

    assert await says(1, "charging") == "charging"
    assert await says(0, "available") == "charging"
    assert await says(0, "faulted") == "faulted"


async def test_obedience_is_proven_and_voided(models: ReadModels) -> None:
    proven = load.ObedienceProven(charger_id="c1", before_ma=9, limit_ma=6, measured_ma=6)
    await models.apply("load:north", proven)
    assert (await charger(models))["obedience"] == "proven"
    await models.apply(
        "load:north", load.ObedienceVoided(charger_id="c1", reason="firmware", limit_ma=6, measured_ma=9)
    )
    assert (await charger(models))["obedience"] == "unproven"


async def test_a_repeated_or_late_transaction_changes_nothing(models: ReadModels) -> None:
    async def transaction() -> int | None:
        [row] = await models.rows(chargers.CHARGERS)
        return row["transaction_id"]

    await models.apply("load:north", started("7"))
    await models.apply("load:north", started("8", duplicate_of="record-1"))
    assert await transaction() == "7"
    await models.apply("load:north", stopped("6"))
    assert await transaction() == "7"
    await models.apply("load:north", stopped("7"))
    assert await transaction() is None


async def test_the_desired_limit_lasts_as_long_as_the_lease(models: ReadModels) -> None:
    desired = load.LimitDesired(
        charger_id="c1",
        transaction_id="7",
        limit_ma=16_000,
        generation=1,
        valid_until_ms=9,
        rule="load.grant.v1",
        reason="fits",
    )
    await models.apply("load:north", desired)
    assert (await charger(models))["limit_ma"] == 16_000
    await models.apply("load:north", load.LeaseEnded(charger_id="c1", transaction_id="7", generation=2))
    assert (await charger(models))["limit_ma"] is None


async def test_it_shows_whom_it_is_held_for_serves_and_is_occupied_by(models: ReadModels) -> None:
    async def use() -> tuple[Any, ...]:
        row = await charger(models)
        return row["session_id"], row["session_state"], row["move_wanted"]

    queued = events.SessionQueued(
        session_id="s1",
        vehicle_id="v1",
        site_id="north",
        tier=2,
        need_wh=None,
        target_permille=800,
        depart_ms=None,
        max_ma=None,
        phases=1,
        walk_up=False,
    )
    offered = events.SessionOffered(
        session_id="s1", charger_id="c1", held_until_ms=9, facts=(), rule="offers.v1", reason="first of 1"
    )
    await models.apply("sites:north", queued, offered)
    assert await use() == ("s1", "offered", False)
    await models.apply("sites:north", events.SessionSnoozed(session_id="s1", charger_id="c1", until_ms=9))
    assert await use() == (None, None, False)
    await models.apply(
        "sites:north", offered, events.SessionRequeued(session_id="s1", charger_id="c1", reason="faulted")
    )
    assert await use() == (None, None, False)
    charging = events.SessionCharging(session_id="s1", charger_id="c1", transaction_id="7", meter_start_wh=0)
    await models.apply("sites:north", charging)
    assert await use() == ("s1", "charging", False)
    ended = events.SessionEnded(
        session_id="s1",
        vehicle_id="v1",
        charger_id="c1",
        state="completed",
        reason="target_reached",
        energy_wh=1,
        waited_ms=0,
    )
    await models.apply("sites:north", ended)
    assert await use() == (None, None, False)
    await models.apply("sites:north", events.ChargerOccupied(session_id="s1", charger_id="c1", wanted=True))
    assert await use() == ("s1", "completed", True)
    await models.apply("sites:north", events.ChargerReleased(charger_id="c1"))
    assert await use() == (None, None, False)


async def test_an_expectation_holds_until_another_is_told(models: ReadModels) -> None:
    await models.apply("sites:north", AT_SITE.model_copy(update={"charger_id": "c2"}))
    await models.apply("sites:north", events.EtaChanged(sessions=(), chargers=(("c1", 50),)))
    await models.apply("sites:north", events.EtaChanged(sessions=(), chargers=(("c2", 70),)))
    assert (await charger(models))["free_at_ms"] == 50
    await models.apply("sites:north", events.EtaChanged(sessions=(), chargers=(("c1", None),)))
    assert (await charger(models))["free_at_ms"] is None


async def test_the_gateway_learns_who_a_charger_is(models: ReadModels) -> None:
    identity = await models.database.read(lambda connection: chargers.identity(connection, "c1"))
    assert identity == ChargerIdentity("c1", "north", (0, 2), 230_000)
    assert await models.database.read(lambda connection: chargers.identity(connection, "forged")) is None


VOIDED = load.ObedienceVoided(
    charger_id="c1", reason="it draws more than it accepted", limit_ma=10_000, measured_ma=13_000
)
EXCEEDED = load.RatingExceeded(charger_id="c1", measured_ma=40_000, rated_ma=32_000)
KEPT = load.RatingKept(charger_id="c1")
PROVEN = load.ObedienceProven(charger_id="c1", before_ma=2, limit_ma=1, measured_ma=1)
TRUSTED = load.TrustedAgain(charger_id="c1", rule="r", reason="it obeys")


@pytest.mark.parametrize(
    ("happened", "exceeds"),
    [
        ([VOIDED], "limit"),
        ([VOIDED, PROVEN], None),
        ([VOIDED, TRUSTED], None),
        ([VOIDED, stopped("1")], None),
        ([VOIDED, KEPT], "limit"),
        ([VOIDED.model_copy(update={"reason": "other firmware"})], None),
        ([EXCEEDED], "rating"),
        ([EXCEEDED, KEPT], None),
        ([EXCEEDED, TRUSTED], None),
        ([EXCEEDED, stopped("1")], "rating"),
        ([EXCEEDED, PROVEN], "rating"),
    ],
)
async def test_an_outlet_that_exceeded_gets_no_current_until(
    models: ReadModels, happened: list[Any], exceeds: str | None
) -> None:
    await models.apply("load:north", *happened)
    row = await models.database.read(lambda connection: chargers.in_detail(connection, "c1"))
    assert row is not None
    assert row["exceeds"] == exceeds
