"""Personal data and secrets, which never enter the log, under the ids that the log knows.

Every method that stores raises `DomainError` where something that must be unique is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class Accounts(Protocol):
    """E-mail addresses and passwords."""

    async def add(self, account_id: str, email: str, password: str) -> None:
        """Store them under an account id. A repeat for the same account changes nothing."""

    async def set_password(self, account_id: str, password: str) -> None:
        """Replace the password."""

    async def forget(self, account_id: str) -> None:
        """Erase address and password."""

    async def with_email(self, email: str) -> str | None:
        """The account with this address."""

    async def emails(self, account_ids: Iterable[str]) -> Mapping[str, str]:
        """Account id -> address, for those that are known."""


@dataclass(frozen=True, slots=True)
class EnterpriseNames:
    """An enterprise's name, and the DNS domain of its e-mail addresses."""

    name: str
    domain: str


class Enterprises(Protocol):
    """Names of enterprises."""

    async def add(self, enterprise_id: str, name: str, domain: str) -> None:
        """Store them. A repeat for the same enterprise changes nothing."""

    async def names(self, enterprise_ids: Iterable[str]) -> Mapping[str, EnterpriseNames]:
        """Enterprise id -> names, for those that are known."""


class Integrations(Protocol):
    """Keys of integrations. `enterprise_id` None: the platform's own."""

    async def new_key(self, enterprise_id: str | None, now_ms: int) -> tuple[str, str]:
        """Draw a key: its id and the key itself, which can't be read again."""

    async def revoke(self, key_id: str, enterprise_id: str | None) -> bool:
        """Revoke a key; False where there is no such key."""


class Channels(Protocol):
    """Where accounts want to be notified."""

    async def replace(self, account_id: str, urls: Sequence[str]) -> None:
        """Replace all channels of an account."""

    async def of(self, account_id: str) -> Mapping[str, str]:
        """Channel id -> URL."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is known of a request that came with an idempotency key. `answer` None: not answered yet."""

    body_hash: str
    received_ms: int
    status: int | None = None
    answer: bytes | None = None


class VehicleIdentities(Protocol):
    """VINs of vehicles."""

    async def vins(self, vehicle_ids: Iterable[str]) -> Mapping[str, str]:
        """Vehicle id -> VIN, for those that are known."""

    async def add(self, vehicle_id: str, vin: str, token: str | None) -> None:
        """Store a VIN and a card under a vehicle id."""

    async def forget(self, vehicle_id: str) -> None:
        """Erase VIN and cards."""

    async def with_vin(self, vin: str) -> str | None:
        """The vehicle with this VIN."""


class Cards(Protocol):
    """Tokens of drivers."""

    def ref(self, token: str) -> str:
        """The opaque name of a token on the log."""

    async def of(self, vehicle_id: str) -> Mapping[str, str | None]:
        """The cards of a vehicle by their references, with their tokens as far as these are known."""

    async def add(self, vehicle_id: str, token: str) -> None:
        """Store a card of a vehicle."""

    async def remove(self, vehicle_id: str, token_ref: str) -> None:
        """Erase a card of a vehicle."""

    async def presented(self, token: str, now_ms: int) -> None:
        """Remember the text of a token."""


class ChargerPasswords(Protocol):
    """Passwords of chargers' OCPP connections."""

    async def draw(self, charger_id: str, *, replace: bool) -> str | None:
        """Draw a password; None where there is one that is not to be replaced."""


class Notes(Protocol):
    """Free text that people write."""

    async def add(self, about: str, note: str) -> None:
        """Store a text under the id of what it is about."""

    async def find(self, about: str) -> str | None:
        """The text that was stored."""


class IdempotencyAnswers(Protocol):
    """Requests that came with an idempotency key, and the answers to them."""

    async def begin(self, record_id: str, body_hash: str, now_ms: int) -> Attempt:
        """Store that a request has begun, or find what is known of it."""

    async def store(self, record_id: str, status: int, answer: bytes) -> None:
        """Store the answer to a request."""


class Vault(Protocol):
    """The vault, by concept."""

    @property
    def accounts(self) -> Accounts: ...

    @property
    def answers(self) -> IdempotencyAnswers: ...

    @property
    def cards(self) -> Cards: ...

    @property
    def channels(self) -> Channels: ...

    @property
    def charger_passwords(self) -> ChargerPasswords: ...

    @property
    def enterprises(self) -> Enterprises: ...

    @property
    def integrations(self) -> Integrations: ...

    @property
    def notes(self) -> Notes: ...

    @property
    def vehicles(self) -> VehicleIdentities: ...
