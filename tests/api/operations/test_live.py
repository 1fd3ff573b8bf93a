"""What changes at a site, told once, coalesced, and resumed from a mark."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from api.operations import live
from api.operations.live import Change
from commands.log.codec import entry
from commands.log.topics import inputs
from domain.records import input_record, load, observations
from domain.records import sites as said
from tests.api.world import NOW_MS, World
from tests.projections.test_priority_audit import GRANTED

EVERYTHING = ("load", "chargers", "queue", "alarms", "reviews", "decisions")


FOLLOWERS = 6
"""Of the log: read models, outcomes, two time series, and the two of what is tested here."""


@pytest.fixture(autouse=True)
async def following(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "DEBOUNCE_S", 0.01)
    async with asyncio.timeout(10):
        while len(world.log._followers) < FOLLOWERS:
            await asyncio.sleep(0)


def snoozed(site_id: str = "north") -> tuple[str, said.SessionSnoozed]:
    return f"sites:{site_id}", said.SessionSnoozed(session_id="s", charger_id="c1", until_ms=NOW_MS)


def status(site_id: str = "north") -> tuple[str, load.ChargerStatusChanged]:
    changed = load.ChargerStatusChanged(charger_id="c1", evse_id=1, status="charging", error_code="no_error")
    return f"load:{site_id}", changed


async def meter(world: World, site_id: str = "north") -> None:
    value = observations.Metered(
        charger_id="c1",
        evse_id=1,
        transaction_id=None,
        charger_time_ms=NOW_MS,
        current_ma=None,
        power_w=7_000,
        energy_wh=None,
        fresh=True,
    )
    record = input_record(world.context.new_id(NOW_MS), "/ocpp", f"load:{site_id}", NOW_MS, value, actor="c1")
    world.script[observations.Metered] = lambda *_: []
    await world.log.append(inputs("load"), [entry(record)])


def looking(world: World, after: str | None = "", site_id: str = "north") -> AsyncIterator[Change]:
    """Somebody who looks at a site and knows all that was up to now."""
    return world.context.live.changes(site_id, world.context.live.mark() if after == "" else after)


async def one(changes: AsyncIterator[Change]) -> Change:
    async with asyncio.timeout(10):
        return await anext(changes)


async def test_each_change_names_the_panels_that_show_it(world: World) -> None:
    changes = looking(world)
    await world.tell(status())
    assert (await one(changes)).panels == ("chargers",)
    await world.tell(snoozed())
    assert (await one(changes)).panels == ("chargers", "queue")
    await meter(world)
    assert (await one(changes)).panels == ("load",)


async def test_a_change_can_be_read_when_it_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given read models that are behind, then nothing is told before they have caught up."""
    behind, passed = asyncio.Event(), world.projector.passed

    async def late(*asked: object) -> bool:
        await behind.wait()
        return await passed(*asked)

    monkeypatch.setattr(world.projector, "passed", late)
    told = asyncio.create_task(one(looking(world)))
    await world.log.append("events", [entry(world._event(*status(), 0, None))])
    await world.log.append("events", [entry(world._event(*snoozed(), 0, None))])
    assert not told.done()
    behind.set()
    assert "chargers" in (await told).panels


async def test_what_comes_close_together_is_told_at_once(world: World) -> None:
    changes = looking(world)
    await world.tell(status(), snoozed(), status())
    await meter(world)
    panels = set[str]()
    count = 0
    while panels < {"chargers", "queue", "load"}:
        panels |= set((await one(changes)).panels)
        count += 1
    assert count <= 2


async def test_between_two_tellings_there_is_a_pause(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "DEBOUNCE_S", 3600)
    changes = looking(world)
    await world.tell(status())
    await one(changes)
    await world.tell(status())
    following = asyncio.ensure_future(anext(changes, None))
    await asyncio.wait([following], timeout=0.05)
    assert not following.done()
    world.context.live.end()
    assert await following is None


async def test_a_viewer_goes_on_from_her_mark(world: World) -> None:
    changes = looking(world)
    await world.tell(status())
    first = await one(changes)
    await meter(world)
    assert (await one(looking(world, first.mark))).panels == ("load",)


@pytest.mark.parametrize("mark", [None, "beef.1", "x", "beef.", "beef.-1", "beef.٣", "beef." + "9" * 99])
async def test_to_whom_nothing_is_known_everything_has_changed(world: World, mark: str | None) -> None:
    assert (await one(looking(world, mark))).panels == EVERYTHING


async def test_other_sites_do_not_disturb(world: World) -> None:
    changes = looking(world)
    await world.tell(status("south"), snoozed("south"))
    await meter(world, "south")
    await world.tell(status())
    assert (await one(changes)).panels == ("chargers",)


async def test_all_viewers_share_one_tail(world: World) -> None:
    told = [asyncio.ensure_future(one(looking(world))) for _ in range(20)]
    await asyncio.sleep(0)
    assert len(world.log._followers) == FOLLOWERS
    await world.tell(status())
    assert {change.panels for change in await asyncio.gather(*told)} == {("chargers",)}


async def test_when_the_log_closes_all_streams_end(world: World) -> None:
    watching = asyncio.ensure_future(anext(looking(world), None))
    await asyncio.sleep(0)
    await world.log.close()
    async with asyncio.timeout(10):
        assert await watching is None


def test_every_panel_is_changed_by_something() -> None:
    assert {panel for panels in live.PANELS.values() for panel in panels} == set(EVERYTHING)


def test_the_read_models_that_panels_show_exist() -> None:
    assert {projection.table.name for projection in live.PROJECTIONS} >= set(live.SHOWN_IN)


async def test_a_decision_about_priority_is_told_where_it_matters(world: World) -> None:
    viewer = looking(world, site_id=GRANTED.site_id)
    await world.tell(("vehicles:v1", GRANTED))
    async with asyncio.timeout(10):
        assert (await anext(viewer)).panels == ("reviews", "decisions")
