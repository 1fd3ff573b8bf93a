"""Clients of every API, with a ledger of what was acknowledged."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from random import Random
from time import time
from typing import Any
from uuid import UUID

import httpx

from services.base.first_start import Operator
from simulators.server.ledger import Ledger
from simulators.time.virtual_time import rfc3339

Json = dict[str, Any]
TIMEOUT_S = 20.0
AGAIN_S = 0.2
PAUSE_S = (0.1, 1.2)
"""Pause between two calls of a person."""
NODES = [{"id": "main", "parent": None, "kind": "site", "limit_kw": 40}]
PHASES = ["L1", "L2", "L3"]
UNAUTHORIZED, TOO_MANY = 401, 429


class Client:
    """The operator at all APIs by turns. A command is repeated, with its key, until one of them answers it."""

    def __init__(
        self,
        apis: Sequence[str],
        operator: Operator,
        ledger: Ledger,
        seed: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`transport`: replaces the network in tests."""
        self.ledger = ledger
        self.answered = self.repeats = 0
        self._operator = operator
        self._random = Random(f"{seed}:idempotency keys")
        self._clients = [
            httpx.AsyncClient(base_url=f"{api}/api/v1", timeout=TIMEOUT_S, trust_env=False, transport=transport)
            for api in apis
        ]
        self._next = itertools.cycle(self._clients)
        self._token = ""

    async def ask(self, path: str, body: Json) -> Json | None:
        """The body of the answer; None: the command was refused."""
        key = str(UUID(int=self._random.getrandbits(128), version=4))
        while (answer := await self._attempt(path, body, {"Idempotency-Key": key})) is None:
            self.repeats += 1
            await asyncio.sleep(AGAIN_S)
        self.answered += 1
        content = answer.json() if answer.is_success else {}
        self.ledger.command("POST", path, key, answer.status_code, content)
        return content if answer.is_success else None

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()

    async def _attempt(self, path: str, body: Json, headers: dict[str, str]) -> httpx.Response | None:
        """One attempt; None where no API answers now."""
        try:
            if not self._token:
                await self._log_in()
            bearer = {"Authorization": f"Bearer {self._token}"}
            answer = await next(self._next).post(path, json=body, headers=headers | bearer)
        except httpx.HTTPError:
            return None
        if answer.status_code == UNAUTHORIZED:
            self._token = ""
            return None
        return None if answer.is_server_error or answer.status_code == TOO_MANY else answer

    async def _log_in(self) -> None:
        """Raises `httpx.HTTPError` where that can't be now."""
        who = {"email": self._operator.email, "password": self._operator.password}
        answer = await next(self._next).post("/login", json=who)
        self._token = answer.raise_for_status().json()["access_token"]


class Person:
    """Registers sites and vehicles, reports readings, requests sessions, cancels some of them, and sets grid limits."""

    def __init__(self, client: Client, number: int, seed: int) -> None:
        self._client = client
        self._number = number
        self._random = Random(f"{seed}:{number}")
        self._sites: list[str] = []

    async def live(self, over: asyncio.Event) -> None:
        """Act until it is over; a command begun by then is repeated until it is acknowledged."""
        for turn in itertools.count():
            if over.is_set():
                return
            if turn % 10 == 0:
                await self._register_site(f"chaos-{self._number}-{turn}")
            await self._use_vehicle(f"WVWZZZAUZLW{self._number:02}{turn:04}", over)
            if self._sites and self._random.random() < 0.5:
                await self._ask(
                    f"/sites/{self._random.choice(self._sites)}/grid-limit", {"limit_kw": self._draw(10, 40)}
                )

    async def _register_site(self, site_id: str) -> None:
        site = {"id": site_id, "location": "u33db", "firm_kw": 10, "nodes": NODES}
        if await self._ask("/sites", site) is None:
            return
        self._sites.append(site_id)
        charger = {"id": f"{site_id}-c", "site_id": site_id, "node": "main", "phases": PHASES}
        await self._ask("/chargers", charger | {"max_a": 16, "voltage_v": 230})

    async def _use_vehicle(self, vin: str, over: asyncio.Event) -> None:
        vehicle = await self._ask("/vehicles", {"vin": vin, "battery_kwh": 60})
        if vehicle is None:
            return
        for _ in range(self._draw(1, 3)):
            reading = {"observed_at": rfc3339(round(time() * 1000)), "soc": self._draw(5, 95), "plugged_in": False}
            await self._ask(f"/vehicles/{vehicle['id']}/telemetry", reading)
        if over.is_set() or not self._sites:
            return
        wanted = {"vehicle_id": vehicle["id"], "site_id": self._random.choice(self._sites), "target_soc": 80}
        session = await self._ask(
            "/sessions/request", wanted | {"current_soc": 20, "time_constraint_minutes": self._draw(30, 480)}
        )
        if session is not None and self._random.random() < 0.6:
            await self._ask(f"/sessions/{session['id']}/cancel", {})

    async def _ask(self, path: str, body: Json) -> Json | None:
        await asyncio.sleep(self._random.uniform(*PAUSE_S))
        return await self._client.ask(path, body)

    def _draw(self, least: int, most: int) -> int:
        return self._random.randint(least, most)
