"""The directory of chargers and tokens, from the vault and the chargers' read model."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from adapters.vault.charger_passwords import forms
from adapters.vault.keys import digest
from adapters.vault.vault import Vault
from commands.ports.directory import Card, CardChange, ChargerIdentity

NO_DIGEST = digest("")


class VaultDirectory:
    """`commands.ports.directory.Directory`. The identity of a charger never changes, so it is cached.

    Of the read models, `identity_of` finds the charger with an OCPP identity, `change_of` what was last said of a card.
    """

    def __init__(
        self,
        vault: Vault,
        identity_of: Callable[[str], Awaitable[ChargerIdentity | None]],
        change_of: Callable[[str], Awaitable[CardChange | None]],
    ) -> None:
        self.vault = vault
        self.identity_of = identity_of
        self.change_of = change_of
        self._identities: dict[str, ChargerIdentity] = {}

    async def authenticate(self, ocpp_id: str, password: str) -> ChargerIdentity | None:
        """The charger with this OCPP identity and Basic password, or None. Takes as long for any wrong one."""
        expected = await self.vault.charger_passwords.digest(ocpp_id)
        matches = any(hmac.compare_digest(expected or NO_DIGEST, digest(form)) for form in forms(password))
        return await self._identity(ocpp_id) if expected is not None and matches else None

    async def _identity(self, ocpp_id: str) -> ChargerIdentity | None:
        known = self._identities.get(ocpp_id) or await self.identity_of(ocpp_id)
        if known is not None:
            self._identities[ocpp_id] = known
        return known

    async def card(self, token: str, now_ms: int) -> Card:
        """Whose card an idTag is, and whether it may be used now. The case of an idTag does not matter."""
        token_ref, vehicle_id = self.vault.cards.ref(token), await self.vault.cards.vehicle_of(token)
        change = None if vehicle_id is None else await self.change_of(token_ref)
        if change is None:
            return Card(token_ref, vehicle_id)
        if change.use == "removed":
            return Card(token_ref, None)
        return Card(token_ref, vehicle_id, change.state(now_ms))

    async def presented(self, token: str, now_ms: int) -> None:
        """Remember the idTag of a transaction."""
        await self.vault.cards.presented(token, now_ms)

    async def token(self, token_ref: str, now_ms: int) -> str | None:
        """The idTag that an opaque reference stands for; None: it is not known any more, or may not be used now."""
        change = await self.change_of(token_ref)
        usable = change is None or (change.use == "active" and change.state(now_ms) == "valid")
        return await self.vault.cards.text(token_ref) if usable else None
