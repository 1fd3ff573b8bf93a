"""The page in a real browser, on a real server with a charger at its socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from api.web.shared import assets
from services.base.first_start import EMAIL
from tests.adapters.ocpp.charger import Charger
from tests.services.server import Server

CHROMIUM = "/usr/bin/chromium"
CALM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FETCH = "what the pages load is not here; enable with: ./commonwatt assets"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
NARROW = {"width": 320, "height": 740}

pytestmark = [
    pytest.mark.needs("chromium", enable="sudo apt-get update && sudo apt-get install -y chromium"),
    pytest.mark.skipif(not assets.are_fetched(), reason=FETCH),
    pytest.mark.asyncio(loop_scope="module"),  # that of the browser
]


@pytest.fixture
def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = Server(tmp_path / "data")
    assert server.add_site("north").status_code == 201
    yield server
    server.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests; each has a context of its own, as a person does who is new here."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CALM)
        yield browser
        await browser.close()


@asynccontextmanager
async def logged_in(
    browser: Browser, server: Server, size: dict[str, int], who: tuple[str, str] = (EMAIL, ""), **how: Any
) -> AsyncIterator[Page]:
    """The page of the site; nothing may be amiss in the browser's console until it is left."""
    context = await browser.new_context(viewport=size, **how)
    page = await context.new_page()
    amiss: list[str] = []
    page.on("console", lambda message: amiss.append(message.text) if is_amiss(message) else None)
    page.on("pageerror", lambda error: amiss.append(str(error)))
    await page.goto(server.addresses.api)
    await page.get_by_label("E-mail").fill(who[0])
    await page.get_by_label("Password").fill(who[1] or server.password)
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_role("link", name="north").click()
    await expect(page.locator("#live")).to_have_text("live")
    yield page
    await context.close()
    assert amiss == []


def is_amiss(message: ConsoleMessage) -> bool:
    """That the server turned a form away is something that a browser complains of, and no defect."""
    return message.type in ("error", "warning") and "status of 422" not in message.text


@asynccontextmanager
async def charging(server: Server) -> AsyncIterator[tuple[Charger, int]]:
    """A charger at which somebody unknown has begun to charge, and the transaction's id."""
    described = {"id": "c1", "site_id": "north", "node": "p1", "phases": ["L1"], "max_a": 16, "voltage_v": 230}
    password = server.client.post("/chargers", json=described).json()["password"]
    charger = await Charger.connect(int(server.addresses.ocpp.split(":")[2].split("/")[0]), "c1", password)
    obeying = asyncio.create_task(obey(charger))
    try:
        await charger.call("BootNotification", {"chargePointVendor": "v", "chargePointModel": "m"})
        await charger.call("StatusNotification", {"connectorId": 1, "status": "Preparing", "errorCode": "NoError"})
        async with asyncio.timeout(10):  # until all of the platform knows that the charger is there
            while (await charger.call("Authorize", {"idTag": "CARD1"}))[2]["idTagInfo"]["status"] != "Accepted":
                pass
        start = {"connectorId": 1, "idTag": "CARD1", "meterStart": 0, "timestamp": now()}
        answer = (await charger.call("StartTransaction", start))[2]
        assert answer["idTagInfo"]["status"] == "Accepted"
        await charger.call("StatusNotification", {"connectorId": 1, "status": "Charging", "errorCode": "NoError"})
        yield charger, answer["transactionId"]
    finally:
        obeying.cancel()
        await charger.close()


async def obey(charger: Charger) -> None:
    while True:
        asked = await charger.asked.get()
        known = {"configurationKey": [], "unknownKey": []} if asked[2] == "GetConfiguration" else {"status": "Accepted"}
        await charger.answer(asked, known)


async def draw(charger: Charger, transaction_id: int, power_w: int) -> None:
    sample = {"value": str(power_w), "measurand": "Power.Active.Import", "unit": "W"}
    values = [{"timestamp": now(), "sampledValue": [sample]}]
    await charger.call("MeterValues", {"connectorId": 1, "transactionId": transaction_id, "meterValue": values})


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


async def test_the_load_moves_without_a_reload(server: Server, browser: Browser) -> None:
    async with charging(server) as (charger, transaction_id), logged_in(browser, server, DESK) as page:
        await page.evaluate("window.sameDocument = true")
        for power_w in (1_500, 3_200):
            await draw(charger, transaction_id, power_w)
            drawn = f"() => parseFloat(document.querySelector('.figure strong').textContent) > {power_w / 1000 - 0.5}"
            await page.wait_for_function(drawn)
        await expect(page.locator("#charger-c1")).to_contain_text("charging")
        await expect(page.locator("#chart canvas")).to_be_visible()
        await expect(page.locator("#decisions")).to_contain_text("Transaction permitted")
        assert await page.evaluate("window.sameDocument")


async def test_a_grid_limit_is_set_by_keyboard_alone(server: Server, browser: Browser) -> None:
    async with logged_in(browser, server, DESK) as page:
        await page.reload()
        await page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        await expect(skip).to_be_focused()
        await expect(skip).to_be_in_viewport()
        await page.keyboard.press("Enter")
        while not await page.evaluate("document.activeElement.id === 'limit_kw'"):
            await page.keyboard.press("Tab")
        assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        await page.keyboard.type("31.5")
        await page.keyboard.press("Enter")
        await expect(page.locator(".outcome")).to_contain_text("31.5 kW holds from")
        await expect(page.locator("#load-panel")).to_contain_text("31.5")
        await expect(page.locator("#decisions")).to_contain_text("Site grid limit set")


async def test_a_wrong_limit_is_reported_where_it_was_entered(server: Server, browser: Browser) -> None:
    async with logged_in(browser, server, PHONE) as page:
        await page.locator("#grid-limit").evaluate("form => form.noValidate = true")
        await page.locator("#limit_kw").fill("-3")
        await page.get_by_role("button", name="Set the limit").click()
        field = page.locator("#limit_kw")
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(page.locator("#limit_kw-problem")).to_contain_text("greater than or equal to 0")
        await expect(field).to_have_value("-3")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_everybody_can_use_it(server: Server, browser: Browser, size: dict[str, int], scheme: str) -> None:
    async with (
        charging(server) as (charger, transaction_id),
        logged_in(browser, server, size, color_scheme=scheme) as page,
    ):
        await draw(charger, transaction_id, 3_000)
        await expect(page.locator("#charger-c1")).to_contain_text("charging")
        assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert await page.evaluate(AMISS) == []
        await page.get_by_role("button", name="Log out").click()
        await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        await page.wait_for_load_state()  # with its style: colours are checked
        assert await page.evaluate(AMISS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, DESK], ids=["narrow", "desk"])
async def test_a_charger_that_misbehaves_is_explained_and_its_transaction_closed(
    server: Server, browser: Browser, size: dict[str, int], scheme: str
) -> None:
    async with (
        charging(server) as (charger, transaction_id),
        logged_in(browser, server, size, color_scheme=scheme) as page,
    ):
        await draw(charger, transaction_id, 300_000)
        await page.get_by_role("link", name="c1").click()
        await expect(page.get_by_role("heading", name="Charger c1")).to_be_visible()
        await expect(page.locator("#live")).to_have_text("live")
        await expect(page.locator("#charger-panel")).to_contain_text(
            "It sent a power of 300 kW, and it was not believed"
        )
        await expect(page.locator("#alarm-impossible_current")).to_contain_text("Compare its meter")
        assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert await page.evaluate(AMISS) == []
        reason = page.get_by_label("Your reason")
        await reason.fill("nobody is there")
        status = {"connectorId": 1, "status": "SuspendedEV", "errorCode": "NoError"}
        await charger.call("StatusNotification", status)
        await expect(page.locator(".facts")).to_contain_text("paused by the car")
        await expect(reason).to_have_value("nobody is there")
        await page.get_by_role("button", name="Close the transaction").click()
        closed = page.locator(".log li", has_text="an operator closed it")
        await expect(closed).to_contain_text("nobody is there")
        await expect(page.get_by_role("button", name="Close the transaction")).to_have_count(0)
        assert await page.evaluate(AMISS) == []


async def test_a_driver_gets_a_place_and_leaves_the_queue(server: Server, browser: Browser) -> None:
    driver = {"email": "driver@example.org", "password": "correct horse battery"}
    account = server.client.post("/users", json={**driver, "role": "driver"}).json()
    car = {"vin": "WVWZZZ1JZXW000001", "battery_kwh": 60, "owner_user_id": account["id"]}
    assert server.client.post("/vehicles", json=car).status_code == 201
    async with (
        charging(server),  # so that the only charger is taken
        logged_in(browser, server, PHONE, tuple(driver.values())) as page,
    ):
        mine = page.locator("#mine-panel")
        await expect(mine).to_contain_text("None of your cars")
        await page.get_by_label("Charge to").fill("80")
        await page.get_by_label("Time you have").fill("120")
        await page.get_by_role("button", name="Request charging").click()
        await expect(page.locator("#request .outcome")).to_contain_text("You are number 1")
        await expect(mine).to_contain_text("you are next")
        await expect(page.locator("#queue")).to_contain_text("1 car is waiting")
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert await page.evaluate(AMISS) == []
        await mine.get_by_role("button", name="Leave the queue").click()
        await expect(mine).to_contain_text("None of your cars")
        await expect(page.locator("#queue")).to_contain_text("No cars are waiting")


AMISS = """() => {
  const amiss = [];
  const check = (good, what) => good || amiss.push(what);
  const count = (selector) => document.querySelectorAll(selector).length;
  check(document.documentElement.lang, "no language");
  check(document.title, "no title");
  check(count("main") === 1 && count("body > header") === 1 && count("h1") === 1, "landmarks");
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  check(new Set(ids).size === ids.length, "an id twice");
  for (const one of document.querySelectorAll("input:not([type=hidden]), select"))
    check(one.labels.length === 1 && one.labels[0].textContent.trim(), `no label: ${one.name}`);
  for (const one of document.querySelectorAll("button, a"))
    check(one.textContent.trim() && one.getBoundingClientRect().height >= 24, `small or nameless: ${one.outerHTML}`);
  for (const one of document.querySelectorAll("section"))
    check(document.getElementById(one.getAttribute("aria-labelledby"))?.textContent, `no heading: ${one.id}`);
  for (const one of document.querySelectorAll("[role=img]")) check(one.ariaLabel, `no text for ${one.id}`);
  for (const one of document.querySelectorAll("th:not(.u-legend th)")) check(one.scope, `no scope: ${one.outerHTML}`);

  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const [r, g, b] = rgb(colour).map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (one) => {
    const own = getComputedStyle(one).backgroundColor;
    return rgb(own)[3] === 255 || !one.parentElement ? own : behind(one.parentElement);
  };
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const one = words.currentNode.parentElement;
    if (!words.currentNode.textContent.trim() || !one.checkVisibility()) continue;
    const [low, high] = [light(getComputedStyle(one).color), light(behind(one))].sort((a, b) => a - b);
    check((high + 0.05) / (low + 0.05) >= 4.5, `contrast: ${words.currentNode.textContent.trim()}`);
  }
  return amiss;
}"""
"""What a checker of accessibility would find first; empty where all is well."""
