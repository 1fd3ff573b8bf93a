"""The directory of chargers and tokens, from the vault and the chargers' read model."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from adapters.vault.charger_passwords import forms
from adapters.vault.keys import digest
from adapters.vault.vault import Vault
from commands.ports.directory import ChargerIdentity

NO_DIGEST = digest("")


class VaultDirectory:
    """`commands.ports.directory.Directory`. The identity of a charger never changes, so it is cached.

    `identity_of` reads it from the chargers' read model: the charger with an OCPP identity, or None.
    """

    def __init__(self, vault: Vault, identity_of: Callable[[str], Awaitable[ChargerIdentity | None]]) -> None:
        self.vault = vault
        self.identity_of = identity_of
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

    async def vehicle_of(self, token: str) -> tuple[str, str | None]:
        """The opaque reference of an idTag, and the id of its vehicle or None. The case of an idTag does not matter."""
        return self.vault.cards.ref(token), await self.vault.cards.vehicle_of(token)

    async def presented(self, token: str, now_ms: int) -> None:
        """Remember the idTag of a transaction."""
        await self.vault.cards.presented(token, now_ms)

    async def token(self, token_ref: str) -> str | None:
        """The idTag that an opaque reference stands for; None: it is not known any more."""
        return await self.vault.cards.text(token_ref)
