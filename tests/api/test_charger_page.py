"""The page of a charger's outlet as a browser asks for it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.web.shared import cookie
from domain.records import load, sites
from tests.api.test_outlets import LEVERS
from tests.api.test_pages import HTMX, OURS, token_of
from tests.api.world import World, rejecting

PAGE = "/sites/north/chargers/c1"
REASON = "it reports 1000000 mA, and its outlet is rated 16000 mA on one phase"
STARTED = load.TransactionStarted(
    transaction_id="7",
    charger_id="c1",
    evse_id=1,
    vehicle_id=None,
    token_ref="t",
    meter_start_wh=0,
    permitted=True,
    commissioning=False,
    duplicate_of=None,
)
CHARGING = sites.SessionCharging(session_id="walk-up-0001", charger_id="c1", transaction_id="7", meter_start_wh=0)


@pytest.fixture
async def garage(world: World) -> World:
    await world.site()
    await world.charger()
    for command, answer, _ in LEVERS.values():
        world.script[command] = answer
    return world


@pytest.fixture
async def browser(garage: World) -> AsyncIterator[httpx.AsyncClient]:
    async with garage.anonymous() as browser:
        browser.cookies.set(cookie.COOKIE, token_of(garage.client))
        yield browser


async def charging(garage: World) -> None:
    await garage.walk_up("walk-up-0001")
    await garage.tell(("load:north", STARTED), ("sites:north", CHARGING))


def buttons(page: str) -> list[str]:
    return re.findall(r'name="lever" value="([a-z-]+)"', page)


async def pull(browser: httpx.AsyncClient, lever: str, headers: dict[str, str] = HTMX, **given: Any) -> httpx.Response:
    form = {"key": "k1", "lever": lever, "reason": "the bay is blocked", **given}
    return await browser.post(PAGE, data=form, headers=headers)


async def test_the_site_s_page_leads_an_operator_there_and_nobody_else(
    garage: World, browser: httpx.AsyncClient
) -> None:
    assert f'href="{PAGE}"' in (await browser.get("/sites/north/panels/chargers")).text
    async with garage.anonymous() as driver:
        driver.cookies.set(cookie.COOKIE, (await garage.account("driver-1", "driver")).partition(" ")[2])
        listed = (await driver.get("/sites/north/panels/chargers")).text
        assert "c1" in listed
        assert PAGE not in listed
        assert (await driver.get(PAGE)).status_code == 403
        assert (await pull(driver, "release")).status_code == 403
    assert garage.asked(sites.ReleaseOutlet) == []


async def test_a_charger_that_misbehaves_is_explained(garage: World, browser: httpx.AsyncClient) -> None:
    refused = load.ReadingRefused(
        charger_id="c1", evse_id=1, transaction_id="7", quantity="current", value=1_000_000, reason=REASON
    )
    await garage.tell(
        ("load:north", refused),
        ("load:north", load.AlarmRaised(code="impossible_current", charger_id="c1", detail=REASON)),
        ("load:north", load.RatingExceeded(charger_id="c1", measured_ma=1_000_000, rated_ma=16_000)),
        ("load:north", load.ClockLearnt(charger_id="c1", offset_ms=-7_200_000)),
    )
    page = (await browser.get(PAGE)).text
    assert "It sent a current of 1000 A, and it was not believed" in page
    assert "It reports a current that its outlet can&#39;t carry" in page
    assert "let it prove itself anew" in page
    assert "7200 s ahead" in page
    assert "it gets no current: it drew more than its outlet is rated for" in page
    assert buttons(page) == ["trust-again", "reset", "unlock"]


async def test_the_levers_are_those_of_its_state(garage: World, browser: httpx.AsyncClient) -> None:
    page = (await browser.get(PAGE)).text
    assert "not proven: it has not followed a lower limit yet" in page
    assert buttons(page) == ["reset", "unlock"]
    await charging(garage)
    assert buttons((await browser.get(PAGE)).text) == ["close-transaction", "end-session", "reset", "unlock"]


@pytest.mark.parametrize("lever", LEVERS)
async def test_a_lever_is_pulled_and_its_outcome_shown(garage: World, browser: httpx.AsyncClient, lever: str) -> None:
    command, _, words = LEVERS[lever]
    answer = await pull(browser, lever)
    assert answer.status_code == 200
    assert f'role="status">{words}' in answer.text
    assert "the bay is blocked" in answer.text
    assert "<html" not in answer.text
    assert len(garage.asked(command)) == 1


async def test_what_was_shown_is_what_is_meant(garage: World, browser: httpx.AsyncClient) -> None:
    await charging(garage)
    page = (await browser.get(PAGE)).text
    shown = dict(re.findall(r'name="(transaction_id|session_id|connector_id)" value="([^"]+)"', page))
    assert shown == {"transaction_id": "7", "session_id": "walk-up-0001", "connector_id": "1"}
    await pull(browser, "close-transaction", **shown)
    await pull(browser, "end-session", **shown)
    assert garage.asked(load.CloseTransaction) == [load.CloseTransaction(charger_id="c1", transaction_id="7")]
    assert garage.asked(sites.EndSession) == [sites.EndSession(charger_id="c1", session_id="walk-up-0001")]


@pytest.mark.parametrize(("lever", "arguments"), [("reset", {"type": "Soft"}), ("unlock", {"connector_id": "1"})])
async def test_a_command_is_on_its_way(
    garage: World, browser: httpx.AsyncClient, lever: str, arguments: dict[str, str]
) -> None:
    answer = await pull(browser, lever)
    assert "The command is on its way" in answer.text
    [asked] = garage.asked(load.RequestCommand)
    assert (asked.action, asked.arguments) == (lever, arguments)


async def test_it_works_without_scripts(garage: World, browser: httpx.AsyncClient) -> None:
    answer = await pull(browser, "release", OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    answer = await pull(browser, "release", OURS, key="k2", reason="")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<html" in answer.text


async def test_a_refusal_is_reported_beside_the_levers(garage: World, browser: httpx.AsyncClient) -> None:
    garage.script[sites.ReleaseOutlet] = rejecting("charger_id", "the outlet is held for nobody")
    answer = await pull(browser, "release")
    assert 'role="alert">' in answer.text
    assert "he outlet is held for nobody" in answer.text


async def test_an_outlet_of_another_site_is_not_there(garage: World, browser: httpx.AsyncClient) -> None:
    await garage.site("south")
    assert (await browser.get("/sites/south/chargers/c1")).status_code == 404
    assert (await browser.get("/sites/north/chargers/forged")).status_code == 404


async def test_what_a_charger_sent_is_text(garage: World, browser: httpx.AsyncClient) -> None:
    booted = load.ChargerBooted(charger_id="c1", vendor="<script>alert(1)</script>", model="m", firmware="1")
    await garage.tell(("load:north", booted))
    page = (await browser.get(PAGE)).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
