"""Given registrations and caps, when told, then the sites are there."""

from functools import partial

from domain.records.load import GridLimitSet
from domain.records.registry import NodeSpec, SiteRegistered, VehicleRegistered
from domain.registry.access import Principal
from projections import grid_limits, sites, vehicles
from tests.projections.read_models import ReadModels

ROOT = NodeSpec(id="main", parent=None, kind="site", limit_ma=(100_000, 100_000, 100_000), limit_w=69_000)
PANEL = NodeSpec(id="panel", parent="main", kind="panel", limit_ma=(63_000, 63_000, 63_000))
NORTH = SiteRegistered(site_id="north", location_zone="zone-4", firm_w=20_000, nodes=(ROOT, PANEL))


def cap(cap_id: str, ends_ms: int | None, *, starts_ms: int = 0) -> GridLimitSet:
    return GridLimitSet(
        cap_id=cap_id,
        limit_w=40_000,
        starts_ms=starts_ms,
        ends_ms=ends_ms,
        holds_from_ms=starts_ms + 10,
        guaranteed=True,
        reason_code="utility",
        facts={},
        rule="load.cap.v1",
        reason="fits",
    )


async def test_a_registered_site_has_its_tree_and_the_limit_of_its_root(models: ReadModels) -> None:
    await models.apply("registry:site:north", NORTH)
    row = await models.database.read(lambda connection: sites.find(connection, "north"))
    assert row is not None
    assert (row["max_w"], row["firm_w"], row["location_zone"]) == (69_000, 20_000, "zone-4")
    assert [node["id"] for node in row["tree"]] == ["main", "panel"]
    assert row["tree"][1] == {
        "id": "panel",
        "parent": "main",
        "kind": "panel",
        "limit_ma": [63_000, 63_000, 63_000],
        "limit_w": None,
    }


async def test_sites_are_listed_by_id_and_an_unknown_one_is_not_there(models: ReadModels) -> None:
    await models.apply("registry:site:south", NORTH.model_copy(update={"site_id": "south"}))
    await models.apply("registry:site:north", NORTH)
    assert [row["id"] for row in await models.database.read(sites.every)] == ["north", "south"]
    assert await models.database.read(lambda connection: sites.find(connection, "west")) is None


def a_vehicle(vehicle_id: str, **more: str) -> VehicleRegistered:
    return VehicleRegistered(vehicle_id=vehicle_id, battery_wh=None, max_ma=32_000, phases=3, **more)


async def test_a_registered_vehicle_is_there_with_what_is_known(models: ReadModels) -> None:
    await models.apply("registry:vehicle:v1", a_vehicle("v1"))
    row = await models.database.read(lambda connection: vehicles.find(connection, "v1"))
    assert dict(row or {}) == {
        "id": "v1",
        "battery_wh": None,
        "max_ma": 32_000,
        "phases": 3,
        "owner_user_id": None,
        "enterprise_id": None,
        "priority_eligible": False,
    }


async def test_one_sees_one_s_own_vehicles_and_those_of_one_s_enterprise(models: ReadModels) -> None:
    await models.apply("registry:vehicle:v1", a_vehicle("v1", owner_id="jane"))
    await models.apply("registry:vehicle:v2", a_vehicle("v2", enterprise_id="e1"))
    await models.apply("registry:vehicle:v3", a_vehicle("v3", owner_id="john", enterprise_id="e2"))
    seen = {
        Principal("o", "operator"): ["v1", "v2", "v3"],
        Principal("jane", "driver"): ["v1"],
        Principal("a", "enterprise_admin", "e1"): ["v2"],
        Principal("john", "enterprise_admin", "e1"): ["v2", "v3"],
        Principal("nobody", "driver"): [],
    }
    for principal, expected in seen.items():
        rows = await models.database.read(partial(vehicles.seen_by, principal=principal))
        assert [row["id"] for row in rows] == expected


async def test_caps_that_are_over_are_left_out(models: ReadModels) -> None:
    await models.apply("load:north", cap("past", 500), cap("open", None), cap("later", 9_000, starts_ms=5_000))
    await models.apply("load:south", cap("elsewhere", None))
    rows = await models.database.read(lambda connection: grid_limits.not_over(connection, "north", 500))
    assert [row["cap_id"] for row in rows] == ["open", "later"]


async def test_caps_of_a_range_hold_from_when_they_were_promised_to_before_their_end(models: ReadModels) -> None:
    await models.apply("load:north", cap("past", 500), cap("open", None, starts_ms=600))
    await models.apply("load:south", cap("elsewhere", None))

    async def between(from_ms: int, to_ms: int) -> set[str]:
        rows = await models.database.read(lambda connection: grid_limits.between(connection, "north", from_ms, to_ms))
        return {row["cap_id"] for row in rows}

    assert await between(0, 10) == set()
    assert await between(0, 11) == {"past"}
    assert await between(499, 611) == {"past", "open"}
    assert await between(500, 610) == set()
    assert await between(9_000, 9_001) == {"open"}


def test_the_lowest_limit_is_of_the_root_and_the_caps_that_hold() -> None:
    caps = [
        {"limit_w": 40_000, "holds_from_ms": 10, "ends_ms": 500},
        {"limit_w": 30_000, "holds_from_ms": 100, "ends_ms": None},
    ]
    limits = {at_ms: grid_limits.lowest_w(35_000, caps, at_ms) for at_ms in (9, 10, 99, 100, 500)}
    assert limits == {9: 35_000, 10: 35_000, 99: 35_000, 100: 30_000, 500: 30_000}
    assert grid_limits.lowest_w(None, caps, 9) is None
    assert [grid_limits.lowest_w(None, caps[:1], at_ms) for at_ms in (10, 499, 500)] == [40_000, 40_000, None]


async def test_only_the_feeding_processor_is_believed(models: ReadModels) -> None:
    await models.apply("sites:north", NORTH)
    assert await models.database.read(sites.every) == []
