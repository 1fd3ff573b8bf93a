"""The port of the directory: the credentials of chargers and the tokens of drivers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ChargerIdentity:
    """An authenticated charger, with what is needed to translate its messages. `phases`: 0 to 2 for L1 to L3."""

    charger_id: str
    site_id: str
    phases: tuple[int, ...]
    voltage_mv: int


class Directory(Protocol):
    """Authenticates chargers and resolves tokens for the gateway. It never returns secrets or token values."""

    async def authenticate(self, ocpp_id: str, password: str) -> ChargerIdentity | None:
        """The charger with this OCPP identity and Basic password, or None. Takes as long for any password.

        A key may come as its hexadecimal digits, in either case, or as its bytes where they are a text.
        """

    async def vehicle_of(self, token: str) -> tuple[str, str | None]:
        """The opaque reference of an idTag, and the id of its vehicle or None. The case of an idTag does not matter."""
