"""The parts behind the API: services composes them, the routes use them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.operations.live import Live
from commands.ports.applied import Applied
from commands.ports.clock import Clock
from commands.ports.identity import Identity
from commands.ports.log import Log
from commands.ports.outcomes import Outcomes
from commands.ports.series import TimeSeries
from commands.ports.vault import Vault
from projections.database import Database


@dataclass(frozen=True, slots=True)
class Context:
    """The parts behind the API. `new_id` draws a UUIDv7 for a time in ms.

    `check_channel` raises a `DomainError` that names the field, unless notifications may be sent to this URL.
    """

    log: Log
    clock: Clock
    database: Database
    applied: Applied
    outcomes: Outcomes
    vault: Vault
    identity: Identity
    new_id: Callable[[int], str]
    series: TimeSeries
    live: Live
    check_channel: Callable[[str, str], Awaitable[None]]


async def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


CurrentContext = Annotated[Context, Depends(_context)]
"""A route's parameter for the context."""
