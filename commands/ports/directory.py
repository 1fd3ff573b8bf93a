"""What the gateway asks about credentials and tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ChargerIdentity:
    """A charger that proved who it is, with what the gateway needs to translate its messages."""

    charger_id: str
    site_id: str
    phases: tuple[int, ...]
    voltage_mv: int


class Directory(Protocol):
    """What the gateway asks about credentials and tokens; secrets and token values stay behind it."""

    async def authenticate(self, ocpp_id: str, password: str) -> ChargerIdentity | None:
        """The charger with this OCPP identity and Basic password, or None. Constant-time for the password."""

    async def vehicle_of(self, token: str) -> tuple[str, str | None]:
        """(opaque reference of the token, vehicle id or None) for an idTag. Tokens compare case-insensitively."""
