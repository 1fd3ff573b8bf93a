"""The port of the directory: the credentials of chargers and the tokens of drivers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from domain.electrical.outlet_id import outlet_id
from domain.records.observations import CardState
from domain.records.registry import CardUse


@dataclass(frozen=True, slots=True)
class ChargerIdentity:
    """An authenticated charger, with what is needed to translate its messages.

    `phases` (0 to 2 for L1 to L3) are those that it is wired to, in its own order; `connectors` are those of each of
    its connectors, where it has several.
    """

    charger_id: str
    site_id: str
    phases: tuple[int, ...]
    voltage_mv: int
    connectors: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    def outlet_id(self, connector_id: int) -> str:
        """The outlet of a connector; the charger itself for connector 0, and for one that was never registered."""
        return outlet_id(self.charger_id, connector_id, alone=connector_id not in self.connectors)

    def outlets(self) -> list[str]:
        """The ids of all its outlets."""
        return [self.outlet_id(connector_id) for connector_id in self.connectors] or [self.charger_id]

    def phases_of(self, connector_id: int) -> tuple[int, ...]:
        """The phases of a connector; of connector 0, and of one that was never registered, those of the charger."""
        return self.connectors.get(connector_id, self.phases)


@dataclass(frozen=True, slots=True)
class Card:
    """A token that was presented: its opaque reference, whose card it is (None: nobody's), whether it may be used."""

    token_ref: str
    vehicle_id: str | None
    state: CardState = "valid"


@dataclass(frozen=True, slots=True)
class CardChange:
    """What was last said of a card: whether it may be used, and until when (None: it does not expire)."""

    use: CardUse
    expires_ms: int | None = None

    def state(self, now_ms: int) -> CardState:
        """Whether it may be used now."""
        if self.use == "blocked":
            return "blocked"
        return "expired" if self.expires_ms is not None and self.expires_ms <= now_ms else "valid"


class Directory(Protocol):
    """Authenticates chargers and resolves tokens for the gateway. A token leaves it only to be sent to a charger."""

    async def authenticate(self, ocpp_id: str, password: str) -> ChargerIdentity | None:
        """The charger with this OCPP identity and Basic password, or None. Takes as long for any password.

        A key may come as its hexadecimal digits, in either case, or as its bytes where they are a text.
        """

    async def card(self, token: str, now_ms: int) -> Card:
        """Whose card an idTag is, and whether it may be used now. The case of an idTag does not matter."""

    async def presented(self, token: str, now_ms: int) -> None:
        """Remember the idTag of a transaction, as its charger writes it."""

    async def token(self, token_ref: str, now_ms: int) -> str | None:
        """The idTag that an opaque reference stands for; None: it is not known any more, or may not be used now."""
