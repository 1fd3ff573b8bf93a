"""Enterprises: registered, approved, suspended; names stay in the vault."""

from typing import Any

import pytest

from domain.records.registry import RegisterEnterprise
from tests.api.world import NOW, World

SERVICE = {"id": "ems", "name": "Valley Ambulances", "type": "emergency", "domain": "Valley.example"}
SHOWN = {
    "id": "ems",
    "name": "Valley Ambulances",
    "type": "emergency",
    "verification_status": "pending",
    "domain": "valley.example",
    "daily_grants": None,
    "created_at": NOW,
}


async def test_an_enterprise_waits_for_approval(world: World) -> None:
    made = await world.post("/enterprises", SERVICE)
    assert (made.status_code, made.json()) == (201, {"id": "ems", "verification_status": "pending"})
    assert (await world.get("/enterprises/ems")).json() == SHOWN
    assert (await world.get("/enterprises")).json() == {"enterprises": [SHOWN]}
    [record] = [record for record in world.given if isinstance(record.data, RegisterEnterprise)]
    assert "Valley" not in repr(record)


async def test_it_is_approved_with_a_quota_and_suspended(world: World) -> None:
    await world.post("/enterprises", SERVICE)
    approved = await world.post("/enterprises/ems/approve", {"daily_grants": 5})
    assert (approved.status_code, approved.json()) == (
        200,
        {**SHOWN, "verification_status": "approved", "daily_grants": 5},
    )
    suspended = await world.post("/enterprises/ems/suspend", None)
    assert (suspended.status_code, suspended.json()["verification_status"]) == (200, "suspended")


@pytest.mark.parametrize("path", ["/approve", "/suspend", "/integration-keys"])
async def test_one_that_is_not_there_can_t_be_changed(world: World, path: str) -> None:
    answer = await world.post(f"/enterprises/nowhere{path}", {} if path == "/approve" else None)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "enterprise_id")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"type": "circus"}, "type"),
        ({"domain": "no domain"}, "domain"),
        ({"domain": 7}, "domain"),
        ({"name": ""}, "name"),
        ({"id": "no id!"}, "id"),
        ({"verification_status": "approved"}, "verification_status"),
    ],
)
async def test_an_enterprise_that_makes_no_sense_is_named(world: World, changed: dict[str, Any], field: str) -> None:
    answer = await world.post("/enterprises", {**SERVICE, **changed})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize("daily_grants", ["5", 1.5, None, True])
async def test_a_quota_is_a_whole_number(world: World, daily_grants: Any) -> None:
    await world.post("/enterprises", SERVICE)
    answer = await world.post("/enterprises/ems/approve", {"daily_grants": daily_grants})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "daily_grants")
