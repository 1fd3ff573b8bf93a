"""Where people want to be notified: their own business, and a secret."""

from __future__ import annotations

import apprise
import pytest

from adapters.notify.services import FIXED_HOSTS
from tests.api.world import World

PATH = "/users/me/notifications"
URL = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
OTHER = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/general"


async def test_channels_are_set_shown_without_their_secrets_and_taken_away(world: World) -> None:
    jane = world.client_of(await world.account("driver-1", "driver"))
    put = await jane.put(PATH, json={"urls": [URL, OTHER]})
    assert put.status_code == 200
    told = (await jane.get(PATH)).json()
    assert told == put.json()
    assert {channel["service"] for channel in told["channels"]} == {"discord", "slack"}
    assert "JHMHI8" not in put.text
    assert set((await world.vault.channels.of("driver-1")).values()) == {URL, OTHER}
    assert (await jane.delete(PATH)).status_code == 204
    assert (await jane.get(PATH)).json() == {"channels": []}


async def test_everybody_has_her_own(world: World) -> None:
    jane = world.client_of(await world.account("driver-1", "driver"))
    mary = world.client_of(await world.account("driver-2", "driver"))
    await jane.put(PATH, json={"urls": [URL]})
    assert (await mary.get(PATH)).json() == {"channels": []}
    await mary.delete(PATH)
    assert len((await jane.get(PATH)).json()["channels"]) == 1


@pytest.mark.parametrize(
    ("urls", "field", "reason"),
    [
        (["json://169.254.169.254/secret"], "urls.0", "must be the URL of an allowed service"),
        ([URL, "discord://secret"], "urls.1", "is not a valid URL of discord"),
        (["secret"], "urls.0", "pattern"),
        ([], "urls", "at least 1"),
        ([URL] * 6, "urls", "at most 5"),
    ],
)
async def test_what_can_not_be_notified_is_named_and_not_repeated(world: World, urls, field, reason) -> None:
    jane = world.client_of(await world.account("driver-1", "driver"))
    answer = await jane.put(PATH, json={"urls": urls})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] == field
    assert reason in error["reason"]
    assert "secret" not in answer.text
    assert (await jane.get(PATH)).json() == {"channels": []}


async def test_operators_may_allow_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONWATT_NOTIFY_SERVICES", "json")
    jane = world.client_of(await world.account("driver-1", "driver"))
    assert (await jane.put(PATH, json={"urls": ["json://127.0.0.1:9"]})).status_code == 200
    assert (await jane.put(PATH, json={"urls": [URL]})).status_code == 422


def test_the_services_that_are_allowed_are_apprise_s() -> None:
    known = {scheme for service in apprise.Apprise().details()["schemas"] for scheme in _schemes(service)}
    assert set(FIXED_HOSTS.split()) <= known


def _schemes(service: dict) -> set[str]:
    return {*(service["protocols"] or ()), *(service["secure_protocols"] or ())}
