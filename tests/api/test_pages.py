"""The pages as a browser asks for them: who may, what is shown, what a form leads to, what is refused."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.web.shared import assets, cookie
from api.web.shared.page_route import HEADERS, local
from domain.records import Record
from domain.records import sites as said
from domain.records.load import ObedienceVoided, SetGridLimit
from domain.records.vehicles import (
    CancelSession,
    DecideUrgentReview,
    RequestSession,
    RequestUrgentReview,
    UrgentReviewOpened,
)
from tests.api import sse
from tests.api.test_urgent_reviews import denying
from tests.api.world import NOW_MS, VIN, Told, World, charger, rejecting
from tests.api.world import session as session_request

OURS = {"Sec-Fetch-Site": "same-origin"}
HTMX = {**OURS, "HX-Request": "true"}


EMAIL, PASSWORD = "op@example.org", "correct horse battery"


def token_of(client: httpx.AsyncClient) -> str:
    return client.headers["authorization"].partition(" ")[2]


@pytest.fixture
async def browser(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which the operator has logged in."""
    async with world.anonymous() as browser:
        browser.cookies.set(cookie.COOKIE, token_of(world.client))
        yield browser


async def set_limit(browser: httpx.AsyncClient, headers: dict[str, str] = HTMX, **given: str) -> httpx.Response:
    form = {"key": "k1", "limit_kw": "30", **given}
    return await browser.post("/sites/north/grid-limit", data=form, headers=headers)


async def test_a_stranger_sees_the_form_to_log_in_and_nothing_else(world: World) -> None:
    await world.site()
    async with world.anonymous() as stranger:
        start = await stranger.get("/")
        assert (start.status_code, 'name="password"' in start.text, "north" in start.text) == (200, True, False)
        page = await stranger.get("/sites/north")
        assert (page.status_code, page.headers["location"]) == (303, "/?next=/sites/north")
        for part in ("panels/queue", "load", "live"):
            answer = await stranger.get(f"/sites/north/{part}", headers=HTMX)
            assert (answer.status_code, answer.headers["hx-redirect"], answer.text) == (401, "/", "")


async def test_wrong_credentials_are_reported_and_give_no_cookie(world: World) -> None:
    async with world.anonymous() as stranger:
        answer = await stranger.post("/log-in", data={"email": "a@b.c", "password": "x"}, headers=OURS)
    assert answer.status_code == 401
    assert "No account has this address and password" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
async def test_the_cookie_is_for_this_site_and_no_script(world: World, scheme: str, secure: bool) -> None:
    await world.vault.accounts.add("operator-1", EMAIL, PASSWORD)
    form = {"email": EMAIL, "password": PASSWORD, "next": "/sites/north"}
    async with httpx.AsyncClient(transport=world.client._transport, base_url=f"{scheme}://test") as browser:
        answer = await browser.post("/log-in", data=form, headers=OURS)
        assert (scheme == "https") or "Log out" in (await browser.get("/")).text
    assert answer.headers["location"] == "/sites/north"
    attributes = {one.strip().partition("=")[0].lower() for one in answer.headers["set-cookie"].split(";")[1:]}
    assert attributes >= {"httponly", "samesite", "path", "max-age"}
    assert ("secure" in attributes) is secure
    assert "SameSite=strict" in answer.headers["set-cookie"]


async def test_who_logs_out_is_out(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/log-out", headers=OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert re.match(f'{cookie.COOKIE}=""; .*Max-Age=0', answer.headers["set-cookie"])


@pytest.mark.parametrize(
    ("path", "leads"),
    [
        ("/sites/north", "/sites/north"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_after_the_log_in_one_stays_here(path: str, leads: str) -> None:
    assert local(path) == leads


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {},
    ],
)
async def test_a_form_of_another_site_has_no_effect(
    world: World, browser: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    await world.site()
    answer = await set_limit(browser, headers)
    assert answer.status_code == 403
    assert world.asked(SetGridLimit) == []


async def test_an_old_browser_is_believed_by_its_origin(world: World, browser: httpx.AsyncClient) -> None:
    await world.site()
    assert (await set_limit(browser, {"Origin": "http://test"})).status_code == 303
    assert len(world.asked(SetGridLimit)) == 1


async def test_every_page_says_what_a_browser_may_load(world: World, browser: httpx.AsyncClient) -> None:
    await world.site()
    for path in ("/", "/sites/north", "/sites/nowhere", "/sites/north/panels/queue"):
        answer = await browser.get(path)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert not re.search(r"<script(?![^>]*src)|\sstyle=|\son\w+=|https?://(?!www.w3.org)", answer.text), path
    assert "frame-ancestors 'none'" in HEADERS["Content-Security-Policy"]
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


async def test_a_site_shows_its_panels(world: World, browser: httpx.AsyncClient) -> None:
    await world.site()
    await world.charger()
    page = (await browser.get("/sites/north")).text
    for heading in ("Load", "Chargers", "Queue", "Latest decisions", "Grid limit"):
        assert re.search(rf"<h2[^>]*>{heading}</h2>", page)
    assert 'hx-sse:connect="/sites/north/live?after=' in page
    assert charger()["id"] in (await browser.get("/sites/north/panels/chargers")).text


@pytest.mark.parametrize("path", ["/sites/nowhere", "/sites/nowhere/live", "/sites/north/panels/secrets"])
async def test_what_is_not_there_is_a_page_that_says_so(world: World, browser: httpx.AsyncClient, path: str) -> None:
    await world.site()
    answer = await browser.get(path)
    assert (answer.status_code, "There is no such" in answer.text) == (404, True)


async def test_a_grid_limit_is_set_as_by_rest_and_answered_with_the_time_from_which_it_holds(
    world: World, browser: httpx.AsyncClient
) -> None:
    await world.site()
    answer = await set_limit(browser, minutes="60", reason="utility")
    assert answer.status_code == 200
    assert "30.0 kW holds" in answer.text
    [asked] = world.asked(SetGridLimit)
    assert (asked.limit_w, asked.reason_code) == (30_000, "utility")
    assert asked.ends_ms == world.clock.now_ms() + 3_600_000
    assert "30.0 kW" in (await browser.get("/sites/north/panels/load")).text


async def test_a_form_that_is_sent_twice_has_its_effect_once(world: World, browser: httpx.AsyncClient) -> None:
    await world.site()
    first, second = await set_limit(browser), await set_limit(browser)
    assert first.status_code == second.status_code == 200
    assert len(world.asked(SetGridLimit)) == 1


@pytest.mark.parametrize("limit_kw", ["", "many", "-1", "1e99", "nan"])
async def test_a_wrong_number_is_reported_at_its_field_and_still_there(
    world: World, browser: httpx.AsyncClient, limit_kw: str
) -> None:
    await world.site()
    answer = await set_limit(browser, limit_kw=limit_kw)
    assert answer.status_code == 422
    assert 'aria-invalid="true" aria-describedby="limit_kw-problem"' in answer.text
    assert f'value="{limit_kw}"' in answer.text
    assert world.asked(SetGridLimit) == []


async def test_what_a_rule_rejects_is_shown_with_its_reason(world: World, browser: httpx.AsyncClient) -> None:
    await world.site()
    world.script[SetGridLimit] = rejecting("ends_ms", "ends <too> early")
    answer = await set_limit(browser)
    assert (answer.status_code, "Ends &lt;too&gt; early" in answer.text) == (422, True)


async def test_the_stream_of_a_site_names_what_has_changed(world: World, client: httpx.AsyncClient) -> None:
    await world.site()
    client.cookies.set(cookie.COOKIE, token_of(client))
    async with sse.opened(client, "/sites/north/live") as events:
        told = [await sse.told(events) for _ in range(6)]
        assert [event["data"] for event in told] == ["load", "chargers", "queue", "alarms", "reviews", "decisions"]
        assert [event["event"] for event in told] == [f"{event['data']}-changed" for event in told]
        assert [("id" in event) for event in told] == [False] * 5 + [True]
        await set_limit(client)
        names = {(await sse.told(events))["data"]}
        names.add((event := await sse.told(events))["data"])
        assert names <= {"load", "decisions"}
    async with sse.opened(client, "/sites/north/live", {"Last-Event-ID": event["id"]}) as events:
        await world.tell(("load:north", _lost()))
        assert (await sse.told(events))["data"] == "chargers"


async def test_without_the_files_from_npm_a_page_names_the_command_that_fetches_them(
    world: World, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    await world.site()
    monkeypatch.setattr(assets, "FETCHED", {"htmx.js": tmp_path / "htmx.js"})
    page = await browser.get("/sites/north")
    assert (page.status_code, "./commonwatt assets" in page.text, "<script" in page.text) == (200, True, False)
    assert (await browser.get("/assets/htmx.js")).status_code == 404
    assert (await browser.get("/assets/page.css")).headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["..%2fassets.py", "%2e%2e%2frender.py", "nothing"])
async def test_no_other_file_is_served(world: World, name: str) -> None:
    async with world.anonymous() as stranger:
        assert (await stranger.get(f"/assets/{name}")).status_code == 404


def _lost() -> Any:
    return ObedienceVoided(charger_id="c1", reason="contradicted", limit_ma=0, measured_ma=0)


@pytest.fixture
async def driver(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which a driver with a car has logged in, while another car charges."""
    await world.site()
    authorization = await world.account("driver-1", "driver")
    async with world.client_of(authorization) as client:
        assert (await client.post("/vehicles", json={"vin": VIN})).status_code == 201
    async with world.anonymous() as browser:
        browser.cookies.set(cookie.COOKIE, authorization.partition(" ")[2])
        yield browser


async def ask(driver: httpx.AsyncClient, **given: str) -> httpx.Response:
    form = {"key": "k2", "vehicle_id": VIN, "target_soc": "80", "time_constraint_minutes": "90", **given}
    return await driver.post("/sites/north/request", data=form, headers=HTMX)


async def test_a_driver_sees_their_own_car_and_no_control_of_the_operators(
    world: World, driver: httpx.AsyncClient
) -> None:
    page = (await driver.get("/sites/north")).text
    assert VIN in page
    for heading, there in {
        "My car": True,
        "Request charging": True,
        "Grid limit": False,
        "Latest decisions": False,
    }.items():
        assert bool(re.search(rf"<h2[^>]*>{heading}</h2>", page)) is there
    assert (await set_limit(driver)).status_code == 403
    assert (await driver.get("/sites/north/panels/decisions")).status_code == 404
    assert world.asked(SetGridLimit) == []


async def test_a_driver_requests_charging_is_offered_a_charger_and_answers(
    world: World, driver: httpx.AsyncClient
) -> None:
    answer = await ask(driver)
    assert (answer.status_code, "You are number 1" in answer.text) == (200, True)
    [asked] = world.asked(RequestSession)
    mine = (await driver.get("/sites/north/panels/mine")).text
    assert "you are next" in mine
    assert "Leave the queue" in mine
    assert "/accept" not in mine

    offered = said.SessionOffered(
        session_id=asked.session_id, charger_id="c1", held_until_ms=NOW_MS, facts=(), rule="r", reason="your turn"
    )
    await world.tell(("sites:north", offered))
    assert "/accept" in (await driver.get("/sites/north/panels/mine")).text
    path = f"/sites/north/sessions/{asked.session_id}"
    accepted = await driver.post(f"{path}/accept", data={"key": "k3"}, headers=HTMX)
    assert (accepted.status_code, "charger held" in accepted.text) == (200, True)
    cancelled = await driver.post(f"{path}/cancel", data={"key": "k4"}, headers=HTMX)
    assert "None of your cars" in cancelled.text


def pending(asked: RequestUrgentReview, given: Record) -> Told:
    opened = UrgentReviewOpened(
        session_id=asked.session_id, vehicle_id="v", decide_by_ms=NOW_MS + 1, reason="not known", site_id="north"
    )
    return [(given.stream, opened)]


async def test_a_driver_who_can_t_wait_says_why_and_an_operator_decides(
    world: World, driver: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    await ask(driver)
    [asked] = world.asked(RequestSession)
    world.script |= {RequestUrgentReview: pending, DecideUrgentReview: denying}
    path = f"/sites/north/sessions/{asked.session_id}/urgent-review"
    assert path in (await driver.get("/sites/north/panels/mine")).text
    assert "No driver is asking" in (await browser.get("/sites/north/panels/reviews")).text
    answer = await driver.post(path, data={"key": "k6", "reason": "My <mother> fell"}, headers=HTMX)
    assert "An operator will decide by" in answer.text
    reviews = (await browser.get("/sites/north/panels/reviews")).text
    assert "My &lt;mother&gt; fell" in reviews
    assert f"{path}/decision" in reviews
    word = {"key": "k7", "decision": "deny", "reason": "there is a taxi"}
    assert 'role="alert"' in (await driver.post(f"{path}/decision", data=word, headers=HTMX)).text
    assert world.asked(DecideUrgentReview) == []
    told = await browser.post(f"{path}/decision", data=word, headers=HTMX)
    assert (told.status_code, "No driver is asking" in told.text) == (200, True)
    assert [one.granted for one in world.asked(DecideUrgentReview)] == [False]


async def test_a_driver_can_t_change_the_session_of_another(world: World, driver: httpx.AsyncClient) -> None:
    other = await world.vehicle("WVWZZZ1JZXW000002")
    told = (await world.post("/sessions/request", {**session_request(), "vehicle_id": other})).json()
    assert told["id"][-4:] not in (await driver.get("/sites/north/panels/queue")).text
    answer = await driver.post(f"/sites/north/sessions/{told['id']}/cancel", data={"key": "k5"}, headers=HTMX)
    assert 'role="alert"' in answer.text
    assert world.asked(CancelSession) == []


@pytest.mark.parametrize(
    ("given", "field"),
    [({"target_soc": "500"}, "target_soc"), ({"time_constraint_minutes": "-1"}, "time_constraint_minutes")],
)
async def test_a_wrong_request_is_reported_at_its_field(
    world: World, driver: httpx.AsyncClient, given: dict[str, str], field: str
) -> None:
    answer = await ask(driver, **given)
    assert (answer.status_code, f'id="{field}-problem"' in answer.text) == (422, True)
    assert world.asked(RequestSession) == []
