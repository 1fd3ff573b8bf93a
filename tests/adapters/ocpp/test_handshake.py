"""Who may connect: identities, passwords, subprotocols, and how guessing is slowed down."""

from __future__ import annotations

import base64
import logging

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from adapters.ocpp import Settings
from adapters.ocpp.proxies import networks
from adapters.ocpp.throttle import REMEMBERED, Throttle
from commands.ports.database import DatabaseUnavailable
from domain.records.observations import Connected, Disconnected
from tests.adapters.ocpp.charger import Charger, basic
from tests.adapters.ocpp.world import World


async def refusal(
    world: World,
    path: str = "/ocpp/CP1",
    headers: dict[str, str] | None = None,
    subprotocols: tuple[str, ...] = ("ocpp1.6",),
) -> tuple[int, str, dict[str, str]]:
    """(status, body, headers) of a handshake that is refused."""
    with pytest.raises(InvalidStatus) as refused:
        await connect(
            f"ws://127.0.0.1:{world.port}{path}",
            additional_headers=headers or {},
            subprotocols=list(subprotocols) or None,  # type: ignore[arg-type]
            proxy=None,
        )
    response = refused.value.response
    return response.status_code, (response.body or b"").decode(), dict(response.headers)


async def test_a_charger_with_its_password_gets_ocpp_1_6(world: World) -> None:
    charger = await world.connect(subprotocols=("ocpp2.0.1", "ocpp1.6"))  # type: ignore[arg-type]
    assert charger.socket.subprotocol == "ocpp1.6"
    assert charger.socket.protocol.extensions == []
    record = await world.input(Connected)
    assert (record.data.charger_id, record.data.subprotocol) == ("CP1", "ocpp1.6")  # type: ignore[attr-defined]


async def test_unknown_charger_and_wrong_password_look_the_same(world: World) -> None:
    unknown = await refusal(world, "/ocpp/NOBODY", basic("NOBODY", "right"))
    wrong = await refusal(world, "/ocpp/CP1", basic("CP1", "wrong"))
    for one in (unknown, wrong):
        one[2].pop("date")
    assert unknown == wrong
    assert unknown[0] == 401
    assert unknown[2]["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer right"},
        {"Authorization": "Basic"},
        {"Authorization": "Basic ???"},
        {"Authorization": "Basic Q1Ax"},
        {"Authorization": "Basic Q1AxOv//"},
        basic("CP2", "right"),
    ],
    ids=["none", "bearer", "empty", "no-base64", "no-colon", "not-utf-8", "of-another-charger"],
)
async def test_bad_credentials_are_refused(world: World, headers: dict[str, str]) -> None:
    assert (await refusal(world, headers=headers))[0] == 401
    assert await world.reported(Connected) == []


async def test_while_the_database_is_lost_it_is_told_to_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(ocpp_id: str, password: str) -> None:
        raise DatabaseUnavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr(world.directory, "authenticate", lost)
        status, body, headers = await refusal(world, headers=basic("CP1", "right"))
    assert (status, headers["retry-after"]) == (503, "1")
    assert "gone" not in body
    await world.connect("CP1")


def raw_basic(credentials: bytes, scheme: str = "Basic") -> dict[str, str]:
    return {"Authorization": f"{scheme} {base64.b64encode(credentials).decode()}"}


@pytest.mark.parametrize(
    ("credentials", "password"),
    [
        (b"CP1:" + bytes(range(236, 256)), bytes(range(236, 256)).hex()),
        (b"CP1:right", "right"),
        (b"CP1:a:b:c", "a:b:c"),
        ("CP1:grün".encode(), "grün"),
        (b"CP%31:right", "right"),
    ],
    ids=["bytes", "text", "colons", "utf-8", "percent-encoded user"],
)
async def test_the_directory_gets_the_password_as_text_or_as_digits(
    world: World, monkeypatch: pytest.MonkeyPatch, credentials: bytes, password: str
) -> None:
    asked: list[tuple[str, str]] = []

    async def authenticate(ocpp_id: str, given: str) -> None:
        asked.append((ocpp_id, given))

    monkeypatch.setattr(world.directory, "authenticate", authenticate)
    for scheme in ("Basic", "basic", "BASIC "):
        assert (await refusal(world, headers=raw_basic(credentials, scheme)))[0] == 401
    assert asked == [("CP1", password)] * 3


@pytest.mark.parametrize(
    "path",
    [
        "/ocpp/CP1/",
        "//ocpp//CP1",
        "/ocpp//CP1//",
        "/ocpp/CP%31",
        "/%6Fcpp/CP1/",
        "/OCPP/CP1",
        "/ocpp/CP1?a=b",
        "/ocpp/CP1/?a=/x",
    ],
)
async def test_a_path_that_names_the_charger_is_found(world: World, path: str) -> None:
    async with connect(
        f"ws://127.0.0.1:{world.port}{path}",
        additional_headers=basic("CP1", "right"),
        subprotocols=["ocpp1.6"],  # type: ignore[list-item]
        proxy=None,
    ):
        assert (await world.input(Connected)).data.charger_id == "CP1"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("path", "headers", "reason"),
    [
        ("/ocpp/CP1/x", {}, "Chargers connect to /ocpp/<identity>."),
        ("/ocpp/CP1", {}, "no credentials (HTTP Basic) that can be read"),
        ("/ocpp/CP1", basic("CP2", "right"), "the user name is not the identity in the path"),
        ("/ocpp/CP1", basic("CP1", "wrong"), "Unknown charger or wrong password."),
    ],
)
async def test_a_refusal_is_logged_with_its_path_offer_address_and_reason(
    world: World, path: str, headers: dict[str, str], reason: str
) -> None:
    with capture_logs() as logged:
        await refusal(world, path, headers, ("ocpp1.6", "ocpp2.0.1"))
    (line,) = [line for line in logged if line["event"] == "charger refused"]
    assert (line["path"], line["offered"], line["address"], line["reason"]) == (
        path,
        ["ocpp1.6, ocpp2.0.1"],
        "127.0.0.1",
        reason,
    )


@pytest.mark.parametrize("path", ["/", "/ocpp/", "/ocpp", "/ocpp/CP1/x", "/ocpp/a%2Fb", "/ocpp/" + "x" * 49])
async def test_a_bad_path_is_not_found(world: World, path: str) -> None:
    status, body, _ = await refusal(world, path, basic("CP1", "right"))
    assert status == 404
    assert "/ocpp/<identity>" in body


@pytest.mark.parametrize("offered", [(), ("ocpp2.0.1",), ("ocpp2.1", "ocpp2.0.1")])
async def test_another_subprotocol_is_refused_with_the_reason(world: World, offered: tuple[str, ...]) -> None:
    status, body, _ = await refusal(world, headers=basic("CP1", "right"), subprotocols=offered)
    assert status == 400
    assert "subprotocol" in body


class TestGuessing:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(failures=2, failures_of_address=4)

    async def test_who_failed_too_often_waits(self, world: World) -> None:
        for _ in range(2):
            assert (await refusal(world, headers=basic("CP1", "wrong")))[0] == 401
        asked = world.directory.asked
        status, _, headers = await refusal(world, headers=basic("CP1", "right"))
        assert (status, headers["retry-after"]) == (429, "60")
        assert world.directory.asked == asked
        await world.connect("CP2")

        world.clock.advance_to(world.clock.now_ms() + 60_000)
        await world.connect("CP1")

    async def test_failures_of_others_behind_the_same_address_refuse_no_right_password(self, world: World) -> None:
        for number in range(6):
            await refusal(world, f"/ocpp/X{number}", basic(f"X{number}", "p"))
        await refusal(world, "/ocpp/CP1", basic("CP1", "wrong"))
        await world.connect("CP1")
        await world.connect("CP2")

    async def test_an_address_that_tries_many_identities_waits(self, world: World) -> None:
        for number in range(4):
            assert (await refusal(world, f"/ocpp/X{number}", basic(f"X{number}", "p")))[0] == 401
        assert (await refusal(world, "/ocpp/X9", basic("X9", "p")))[0] == 429


class TestBehindAProxy:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(failures=1, trusted_proxies=networks("127.0.0.1"))

    async def test_failures_count_by_the_address_that_the_proxy_reports(self, world: World) -> None:
        """An address that was written by the client itself does not count."""
        guesser = {"X-Forwarded-For": "10.0.0.9, 192.0.2.1"}
        assert (await refusal(world, headers=basic("CP1", "wrong") | guesser))[0] == 401
        with capture_logs() as logged:
            other = {"X-Forwarded-For": "10.0.0.8, 192.0.2.1"}
            assert (await refusal(world, headers=basic("CP1", "right") | other))[0] == 429
        assert [(line["address"], line["peer"]) for line in logged] == [("192.0.2.1", "127.0.0.1")]
        await world.connect("CP1")


async def test_without_a_trusted_proxy_the_header_is_not_read(world: World) -> None:
    with capture_logs() as logged:
        await refusal(world, headers=basic("CP1", "wrong") | {"X-Forwarded-For": "192.0.2.1"})
    assert [line["address"] for line in logged] == ["127.0.0.1"]


def test_the_throttle_counts_within_its_window() -> None:
    throttle = Throttle(2, 1_000)
    throttle.failed("a", 0)
    throttle.failed("a", 500)
    assert [throttle.wait_ms("a", now) for now in (500, 999, 1_000)] == [500, 1, 0]
    throttle.failed("a", 1_000)
    assert throttle.wait_ms("a", 1_000) == 500
    assert throttle.wait_ms("b", 1_000) == 0


def test_the_throttle_does_not_grow_without_end() -> None:
    throttle = Throttle(1, 1_000)
    for number in range(REMEMBERED + 1):
        throttle.failed(str(number), 0)
    assert throttle.wait_ms("0", 0) == 0
    assert throttle.wait_ms("1", 0) == 1_000


async def test_no_secret_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logged:
        await refusal(world, headers=basic("CP1", "hunter2"))
        await world.connect()
        await world.settled()
    assert {"charger refused", "charger connected"} <= {line["event"] for line in logged}
    ours = [record for record in caplog.records if record.name != "websockets.client"]
    text = repr(logged) + repr([record.getMessage() for record in ours])
    assert "hunter2" not in text
    assert "Basic" not in text
    assert basic("CP1", "right")["Authorization"].split()[1] not in text


async def test_a_new_socket_takes_over(world: World) -> None:
    """The old one is closed, and its end names its own connection: the charger stays online."""
    old = await world.connect()
    new = await world.connect()
    assert await old.closed() == 4001
    ended = (await world.input(Disconnected)).data
    first, second = await world.reported(Connected)
    assert isinstance(ended, Disconnected)
    assert (ended.connection_id, ended.reason) == (first.connection_id, "superseded")
    assert second.connection_id != first.connection_id
    assert (await new.call("Heartbeat", {}))[0] == 3
    assert world.gateway.frames() == {"CP1": (1, 1)}


async def test_a_closed_socket_is_recorded_with_its_code(world: World, charger: Charger) -> None:
    await charger.socket.close(4002, "bye, I am Bob")
    ended = (await world.input(Disconnected)).data
    assert isinstance(ended, Disconnected)
    assert ended.reason == "4002"
    await world.settled()
    assert world.gateway.frames() == {}


async def test_closing_the_gateway_closes_and_records_every_socket(world: World, charger: Charger) -> None:
    await world.gateway.close()
    assert await charger.closed() == 1001
    assert [ended.reason for ended in await world.reported(Disconnected)] == ["1001"]


async def test_a_socket_that_can_not_be_recorded_is_closed(world: World) -> None:
    world.store.full = True
    charger = await world.connect()
    assert await charger.closed() == 1011
    world.store.full = False
    await world.connect()
    await world.input(Connected)
    assert await world.reported(Disconnected) == []
