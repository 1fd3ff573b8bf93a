"""The alarms of a site, over REST and on its page."""

from __future__ import annotations

import pytest

from api.web.shared import cookie
from domain.records.load import AlarmCleared, AlarmRaised
from tests.api.test_pages import token_of
from tests.api.world import World

SILENT = AlarmRaised(code="meter_silent", charger_id="c1", detail="it draws 13000 mA")
OVERLOAD = AlarmRaised(code="overload", charger_id=None, detail="too much")


@pytest.fixture
async def north(world: World) -> World:
    await world.site()
    await world.charger()
    await world.tell(("load:north", SILENT), ("load:north", OVERLOAD))
    return world


async def listed(world: World, **query: object) -> list[tuple[str, str | None]]:
    answer = await world.get("/sites/north/alarms", **query)
    assert answer.status_code == 200, answer.text
    return sorted((one["code"], one["charger_id"]) for one in answer.json()["alarms"])


async def test_open_alarms_of_a_site_and_its_outlets_are_in_words(north: World) -> None:
    assert await listed(north) == [("meter_silent", "c1"), ("overload", None)]
    [silent] = [one for one in (await north.get("/sites/north/alarms")).json()["alarms"] if one["charger_id"] == "c1"]
    assert (silent["title"], silent["detail"]) == ("It sends no meter values", "it draws 13 A")
    assert silent["advice"].startswith("It counts at its limit.")
    assert silent["ended"] is None


async def test_those_that_ended_are_found_by_their_state(north: World) -> None:
    await north.tell(("load:north", AlarmCleared(code="overload", charger_id=None)))
    assert await listed(north, state="ended") == [("overload", None)]
    assert await listed(north, state="open") == [("meter_silent", "c1")]
    assert len(await listed(north, state="all")) == 2
    [one] = (await north.get("/sites/north/alarms", state="ended")).json()["alarms"]
    assert one["ended"] >= one["since"]


@pytest.mark.parametrize(("name", "value"), [("state", "closed"), ("state", ""), ("limit", "0"), ("limit", "x")])
async def test_an_unknown_value_of_a_parameter_is_named(north: World, name: str, value: str) -> None:
    answer = await north.get("/sites/north/alarms", **{name: value})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [name]


async def test_alarms_are_for_operators(north: World) -> None:
    jane = north.client_of(await north.account("driver-1", "driver"))
    assert (await jane.get("/sites/north/alarms")).status_code == 403
    assert (await north.get("/sites/forged/alarms")).status_code == 404


async def test_the_page_of_a_site_shows_operators_its_alarms_and_leads_to_the_chargers(north: World) -> None:
    async with north.anonymous() as browser:
        browser.cookies.set(cookie.COOKIE, token_of(north.client))
        assert "It sends no meter values" in (await browser.get("/sites/north")).text
        panel = (await browser.get("/sites/north/panels/alarms")).text
        assert 'href="/sites/north/chargers/c1"' in panel
        assert "It draws 13 A." in panel
        assert "The chargers may draw more than a limit" in panel
        browser.cookies.set(cookie.COOKIE, (await north.account("driver-1", "driver")).partition(" ")[2])
        assert "It sends no meter values" not in (await browser.get("/sites/north")).text
        assert (await browser.get("/sites/north/panels/alarms")).status_code == 404
