"""Guessing passwords: heard a few times, then not for a while; nobody else is kept out by it."""

import pytest

from api.log_in_attempts import OF_A_SOURCE, OF_AN_ADDRESS, LogInAttempts
from tests.api.world import World

JANE = {"email": "jane@example.org", "password": "correct horse"}
GUESS = {**JANE, "password": "wrong guess"}


async def test_after_too_many_guesses_even_the_right_password_is_not_heard(world: World) -> None:
    await world.post("/users", {**JANE, "role": "driver"})
    await world.post("/users", {**JANE, "email": "john@example.org", "role": "driver"})
    async with world.anonymous() as client:
        guesses = [(await client.post("/api/v1/login", json=GUESS)).status_code for _ in range(OF_AN_ADDRESS.amount)]
        refused = await client.post("/api/v1/login", json={**JANE, "email": " JANE@example.org"})
        other = await client.post("/api/v1/login", json={**JANE, "email": "john@example.org"})
    assert set(guesses) == {401}
    assert (refused.status_code, refused.json()["title"]) == (429, "Too Many Requests")
    assert 0 < int(refused.headers["retry-after"]) <= OF_AN_ADDRESS.get_expiry() + 1
    assert other.status_code == 200


async def test_the_page_says_so_too(world: World) -> None:
    async with world.anonymous() as client:
        headers = {"Sec-Fetch-Site": "same-origin"}
        for _ in range(OF_AN_ADDRESS.amount):
            assert (await client.post("/log-in", data=GUESS, headers=headers)).status_code == 401
        refused = await client.post("/log-in", data=GUESS, headers=headers)
    assert (refused.status_code, "oo many wrong passwords" in refused.text) == (429, True)


async def test_who_knows_the_password_is_never_counted(world: World) -> None:
    await world.post("/users", {**JANE, "role": "driver"})
    async with world.anonymous() as client:
        for _ in range(OF_AN_ADDRESS.amount + 1):
            assert (await client.post("/api/v1/login", json=JANE)).status_code == 200


def test_one_source_may_not_try_one_password_on_everybody() -> None:
    attempts = LogInAttempts()
    for number in range(OF_A_SOURCE.amount):
        assert attempts.wait_s("there", f"{number}@example.org") == 0
        attempts.failed("there", f"{number}@example.org")
    assert attempts.wait_s("there", "one.more@example.org") > 0
    assert attempts.wait_s("elsewhere", "one.more@example.org") == 0


@pytest.mark.parametrize("email", ["jane@example.org", "JANE@EXAMPLE.ORG "])
def test_who_guesses_elsewhere_locks_nobody_out(email: str) -> None:
    attempts = LogInAttempts()
    for _ in range(OF_AN_ADDRESS.amount):
        attempts.failed("there", "jane@example.org")
    assert attempts.wait_s("there", email) > 0
    assert attempts.wait_s("elsewhere", email) == 0
