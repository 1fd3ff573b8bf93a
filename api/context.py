"""What the API is made with: services composes it, the routes use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request

from api.live import Live
from commands.ports import Clock, Log, Position, TimeSeries
from domain.records import Record
from projections.runner import Database, Projector


class Outcome(Protocol):
    """A decision and where it is on the log."""

    record: Record
    position: Position


class Outcomes(Protocol):
    """Decisions as they appear on the log, with their positions."""

    async def find(self, correlation_id: str, types: frozenset[str], timeout_s: float) -> Outcome | None:
        """The first event of one of `types`, or the rejection, with this correlation id; None after `timeout_s`."""


class Attempt(Protocol):
    """What is known of a request that came with an idempotency key. `answer` None: not answered yet."""

    body_hash: str
    received_ms: int
    status: int | None
    answer: bytes | None


class Vault(Protocol):
    """Personal data and secrets. `DomainError`: what must be unique is taken."""

    async def add_vehicle(self, vehicle_id: str, vin: str, token: str | None) -> None:
        """Keep a VIN and a token under a vehicle id."""

    async def forget_vehicle(self, vehicle_id: str) -> None:
        """Erase them."""

    async def vehicle_of_vin(self, vin: str) -> str | None:
        """The vehicle with this VIN."""

    async def new_charger_password(self, charger_id: str, *, replace: bool) -> str | None:
        """Draw one; None where there is one that is not to be replaced."""

    async def key_id_of(self, api_key: str) -> str | None:
        """The id of an operator's key, where it is one of ours."""

    async def keep_note(self, about: str, note: str) -> None:
        """Keep free text."""

    async def begin_attempt(self, record_id: str, body_hash: str, now_ms: int) -> Attempt:
        """Note a request, or find what is known of it."""

    async def keep_answer(self, record_id: str, status: int, answer: bytes) -> None:
        """Remember its answer."""


@dataclass(frozen=True, slots=True)
class Context:
    """The parts behind the API. `new_id` draws a UUIDv7 for a time in ms."""

    log: Log
    clock: Clock
    database: Database
    projector: Projector
    outcomes: Outcomes
    vault: Vault
    new_id: Callable[[int], str]
    series: TimeSeries
    live: Live


async def _context(request: Request) -> Context:
    return request.app.state.context


Given = Annotated[Context, Depends(_context)]
