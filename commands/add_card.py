"""Add a card to a vehicle. Its token is stored in the vault; the log knows a reference of it."""

from __future__ import annotations

from typing import ClassVar

from commands.quantities import Instant
from commands.register_vehicle import IdTag
from commands.request import Request
from domain.records.registry import ChangeCard


class CardRequest(Request):
    """A card with which a vehicle charges."""

    field_names: ClassVar[dict[str, str]] = {"expires_ms": "expires_at"}

    token: IdTag
    """What the card presents (an OCPP 1.6 idTag). Its case does not matter."""
    expires_at: Instant | None = None
    """From then on it can't be used; left out: it does not expire."""

    def command(self, vehicle_id: str, token_ref: str) -> ChangeCard:
        """The command for the stream of the vehicle."""
        return ChangeCard(vehicle_id=vehicle_id, token_ref=token_ref, use="active", expires_ms=self.expires_at)
