"""The same over real sockets: what only a server and a client make up between them."""

import asyncio
from collections.abc import AsyncIterator

import httpx

from tests.api.world import World, charger


async def test_a_request_is_decided_and_read_back(world: World, client: httpx.AsyncClient) -> None:
    await world.site()
    answer = await client.post("/api/v1/chargers", json=charger())
    assert answer.status_code == 201
    [known] = (await client.get("/api/v1/sites/north/chargers")).json()["chargers"]
    assert known["id"] == "c1"


async def test_a_huge_body_in_chunks_is_cut_off(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield b" " * 100_000

    answer = await client.post("/api/v1/sites", content=chunks(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["title"]) == (413, "Content Too Large")


async def test_a_huge_announcement_is_refused_before_the_body(client: httpx.AsyncClient) -> None:
    request = client.build_request("POST", "/api/v1/sites", content=b"", headers={"content-length": "1000001"})
    reader, writer = await asyncio.open_connection(request.url.host, request.url.port)
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    writer.write("\r\n".join(["POST /api/v1/sites HTTP/1.1", *lines, "", ""]).encode())
    async with asyncio.timeout(10):
        answer = await reader.read()  # the server closes: it will not read a megabyte to be polite
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_strangers_are_told_before_their_body_is_read(world: World, client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/sites", content=b"{", headers={"authorization": "Bearer cw_a_b"})
    assert answer.status_code == 401
