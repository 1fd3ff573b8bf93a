"""What the API is made with: services composes it, the routes use it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request

from api.operations.live import Live
from commands.ports.clock import Clock
from commands.ports.log import Log, Position
from commands.ports.series import TimeSeries
from domain.records import Record
from domain.registry.access import Principal
from projections.database import Database


class Applied(Protocol):
    """What the read models have applied."""

    async def passed(self, position: Position, timeout_s: float) -> bool:
        """Wait until the event at `position` can be read; False after `timeout_s`."""


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


class Token(Protocol):
    """A bearer token; `expires_s` in seconds since 1970 UTC."""

    text: str
    expires_s: int


class Identity(Protocol):
    """Who calls."""

    async def principal(self, bearer: str) -> Principal | None:
        """Whose token or key this is, or None."""

    async def log_in(self, email: str, password: str) -> Token | None:
        """A token for the account with these credentials, or None."""


class Accounts(Protocol):
    """Addresses and passwords. `DomainError`: an address is taken."""

    async def add(self, account_id: str, email: str, password: str) -> None:
        """Keep them under an account id; again for the same account: nothing changes."""

    async def set_password(self, account_id: str, password: str) -> None:
        """Another password from now on."""

    async def forget(self, account_id: str) -> None:
        """Erase them."""

    async def with_email(self, email: str) -> str | None:
        """The account with this address."""

    async def emails(self, account_ids: Iterable[str]) -> Mapping[str, str]:
        """The addresses of those that are known."""


class EnterpriseNames(Protocol):
    """As people know it."""

    name: str
    domain: str


class Enterprises(Protocol):
    """Names of enterprises."""

    async def add(self, enterprise_id: str, name: str, domain: str) -> None:
        """Keep them; again for the same enterprise: nothing changes."""

    async def names(self, enterprise_ids: Iterable[str]) -> Mapping[str, EnterpriseNames]:
        """The names of those that are known."""


class Integrations(Protocol):
    """Keys of integrations."""

    async def new_key(self, enterprise_id: str | None, now_ms: int) -> tuple[str, str]:
        """Draw one; its id, and itself, this once."""

    async def revoke(self, key_id: str, enterprise_id: str | None) -> bool:
        """Take it back; False where there is no such key."""


class Channels(Protocol):
    """Where accounts want to be notified."""

    async def replace(self, account_id: str, urls: Sequence[str]) -> None:
        """These from now on."""

    async def of(self, account_id: str) -> Mapping[str, str]:
        """Channel id -> URL."""


class VehicleIdentities(Protocol):
    """VINs and charging tokens of vehicles."""

    async def vins(self, vehicle_ids: Iterable[str]) -> Mapping[str, str]:
        """The VINs of the vehicles that are known, by vehicle id."""

    async def add(self, vehicle_id: str, vin: str, token: str | None) -> None:
        """Store a VIN and a token under a vehicle id."""

    async def forget(self, vehicle_id: str) -> None:
        """Erase them."""

    async def with_vin(self, vin: str) -> str | None:
        """The id of the vehicle with this VIN, or None."""


class ChargerPasswords(Protocol):
    """Passwords of chargers."""

    async def draw(self, charger_id: str, *, replace: bool) -> str | None:
        """Draw a password; None if there is one already and `replace` is False."""


class Notes(Protocol):
    """Free text, under the id that the log contains instead."""

    async def add(self, about: str, note: str) -> None:
        """Store a note about a thing."""

    async def find(self, about: str) -> str | None:
        """The note about a thing, or None."""


class IdempotencyAnswers(Protocol):
    """Requests that came with an idempotency key, and their answers."""

    async def begin(self, record_id: str, body_hash: str, now_ms: int) -> Attempt:
        """Store that a request was received, unless it was before; returns the first attempt."""

    async def store(self, record_id: str, status: int, answer: bytes) -> None:
        """Store the answer to a request: its HTTP status and its body."""


class Vault(Protocol):
    """Personal data and secrets. `DomainError`: what must be unique is taken."""

    @property
    def accounts(self) -> Accounts: ...

    @property
    def channels(self) -> Channels: ...

    @property
    def enterprises(self) -> Enterprises: ...

    @property
    def integrations(self) -> Integrations: ...

    @property
    def vehicles(self) -> VehicleIdentities: ...

    @property
    def charger_passwords(self) -> ChargerPasswords: ...

    @property
    def notes(self) -> Notes: ...

    @property
    def answers(self) -> IdempotencyAnswers: ...


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
    return request.app.state.context


Given = Annotated[Context, Depends(_context)]
