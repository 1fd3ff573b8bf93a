"""Given what `load` and `sites` decide, then the chargers of a site show it."""

from typing import Any

import pytest

from commands.ports.directory import ChargerIdentity
from domain.records import load
from domain.records import sites as said
from projections import chargers
from tests.projections.telling import Told

ADDED = load.ChargerAdded(charger_id="c1", node="main", phases=(0, 2), max_ma=32_000, min_ma=6_000, voltage_mv=230_000)
AT_SITE = said.SiteChargerAdded(**ADDED.__dict__)


@pytest.fixture(autouse=True)
async def added(told: Told) -> None:
    await told.tell("load:north", ADDED)
    await told.tell("sites:north", AT_SITE)


async def charger(told: Told) -> dict[str, Any]:
    [row] = await told.database.read(lambda connection: chargers.at_site(connection, "north"))
    return dict(row)


def started(transaction_id: int, duplicate_of: str | None = None) -> load.TransactionStarted:
    return load.TransactionStarted(
        transaction_id=transaction_id,
        charger_id="c1",
        connector_id=1,
        vehicle_id="v1",
        token_ref="tok_1",
        meter_start_wh=0,
        permitted=True,
        commissioning=False,
        duplicate_of=duplicate_of,
    )


def stopped(transaction_id: int) -> load.TransactionStopped:
    return load.TransactionStopped(
        transaction_id=transaction_id,
        charger_id="c1",
        vehicle_id="v1",
        energy_wh=1,
        meter_stop_wh=1,
        reason="Local",
        commissioning=False,
    )


async def test_a_new_charger_is_unproven_not_connected_and_of_unknown_status(told: Told) -> None:
    assert await charger(told) == {
        "id": "c1",
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


async def test_it_connects_and_disconnects(told: Told) -> None:
    await told.tell("load:north", load.ChargerConnected(charger_id="c1", connection_id="k"))
    assert (await charger(told))["connected"] is True
    await told.tell("load:north", load.ChargerDisconnected(charger_id="c1", connection_id="k", reason="gone"))
    assert (await charger(told))["connected"] is False


async def test_the_connector_says_the_status_unless_the_whole_charger_fails(told: Told) -> None:
    async def says(connector_id: int, status: str) -> str | None:
        said_so = load.ChargerStatusChanged(
            charger_id="c1", connector_id=connector_id, status=status, error_code="NoError"
        )
        await told.tell("load:north", said_so)
        return (await charger(told))["status"]

    assert await says(1, "Charging") == "Charging"
    assert await says(0, "Available") == "Charging"
    assert await says(0, "Faulted") == "Faulted"


async def test_obedience_is_proven_and_voided(told: Told) -> None:
    proven = load.ObedienceProven(charger_id="c1", before_ma=9, limit_ma=6, measured_ma=6)
    await told.tell("load:north", proven)
    assert (await charger(told))["obedience"] == "proven"
    await told.tell("load:north", load.ObedienceVoided(charger_id="c1", reason="firmware", limit_ma=6, measured_ma=9))
    assert (await charger(told))["obedience"] == "unproven"


async def test_a_repeated_or_late_transaction_changes_nothing(told: Told) -> None:
    async def transaction() -> int | None:
        [row] = await told.rows(chargers.CHARGERS)
        return row["transaction_id"]

    await told.tell("load:north", started(7))
    await told.tell("load:north", started(8, duplicate_of="record-1"))
    assert await transaction() == 7
    await told.tell("load:north", stopped(6))
    assert await transaction() == 7
    await told.tell("load:north", stopped(7))
    assert await transaction() is None


async def test_the_desired_limit_lasts_as_long_as_the_lease(told: Told) -> None:
    desired = load.LimitDesired(
        charger_id="c1",
        transaction_id=7,
        limit_ma=16_000,
        generation=1,
        valid_until_ms=9,
        rule="load.grant.v1",
        reason="fits",
    )
    await told.tell("load:north", desired)
    assert (await charger(told))["limit_ma"] == 16_000
    await told.tell("load:north", load.LeaseEnded(charger_id="c1", transaction_id=7, generation=2))
    assert (await charger(told))["limit_ma"] is None


async def test_it_shows_whom_it_is_held_for_serves_and_is_occupied_by(told: Told) -> None:
    async def use() -> tuple[Any, ...]:
        row = await charger(told)
        return row["session_id"], row["session_state"], row["move_wanted"]

    queued = said.SessionQueued(
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
    offered = said.SessionOffered(
        session_id="s1", charger_id="c1", held_until_ms=9, facts=(), rule="offers.v1", reason="first of 1"
    )
    await told.tell("sites:north", queued, offered)
    assert await use() == ("s1", "offered", False)
    await told.tell("sites:north", said.SessionSnoozed(session_id="s1", charger_id="c1", until_ms=9))
    assert await use() == (None, None, False)
    await told.tell("sites:north", offered, said.SessionRequeued(session_id="s1", charger_id="c1", reason="Faulted"))
    assert await use() == (None, None, False)
    charging = said.SessionCharging(session_id="s1", charger_id="c1", transaction_id=7, meter_start_wh=0)
    await told.tell("sites:north", charging)
    assert await use() == ("s1", "charging", False)
    ended = said.SessionEnded(
        session_id="s1",
        vehicle_id="v1",
        charger_id="c1",
        state="completed",
        reason="target_reached",
        energy_wh=1,
        waited_ms=0,
    )
    await told.tell("sites:north", ended)
    assert await use() == (None, None, False)
    await told.tell("sites:north", said.ChargerOccupied(session_id="s1", charger_id="c1", wanted=True))
    assert await use() == ("s1", "completed", True)
    await told.tell("sites:north", said.ChargerReleased(charger_id="c1"))
    assert await use() == (None, None, False)


async def test_an_expectation_holds_until_another_is_told(told: Told) -> None:
    await told.tell("sites:north", AT_SITE.model_copy(update={"charger_id": "c2"}))
    await told.tell("sites:north", said.EtaChanged(sessions=(), chargers=(("c1", 50),)))
    await told.tell("sites:north", said.EtaChanged(sessions=(), chargers=(("c2", 70),)))
    assert (await charger(told))["free_at_ms"] == 50
    await told.tell("sites:north", said.EtaChanged(sessions=(), chargers=(("c1", None),)))
    assert (await charger(told))["free_at_ms"] is None


async def test_the_gateway_learns_who_a_charger_is(told: Told) -> None:
    identity = await told.database.read(lambda connection: chargers.identity(connection, "c1"))
    assert identity == ChargerIdentity("c1", "north", (0, 2), 230_000)
    assert await told.database.read(lambda connection: chargers.identity(connection, "forged")) is None
