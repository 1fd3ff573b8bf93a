"""What the gateway asks about credentials and tokens, answered from the vault and the chargers' read model."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from adapters.vault.keys import digest
from adapters.vault.vault import Vault
from commands.ports.directory import ChargerIdentity

NO_DIGEST = digest("")


class VaultDirectory:
    """`commands.ports.Directory`. What a charger is does not change, so it is read once.

    `identity_of` reads the chargers' projection: who `ocpp_id` is, or None.
    """

    def __init__(self, vault: Vault, identity_of: Callable[[str], Awaitable[ChargerIdentity | None]]) -> None:
        self.vault = vault
        self.identity_of = identity_of
        self._identities: dict[str, ChargerIdentity] = {}

    async def authenticate(self, ocpp_id: str, password: str) -> ChargerIdentity | None:
        """The charger with this OCPP identity and Basic password, or None. Constant-time for the password."""
        expected = await self.vault.charger_passwords.digest(ocpp_id)
        matches = hmac.compare_digest(expected or NO_DIGEST, digest(password))
        return await self._identity(ocpp_id) if expected is not None and matches else None

    async def _identity(self, ocpp_id: str) -> ChargerIdentity | None:
        known = self._identities.get(ocpp_id) or await self.identity_of(ocpp_id)
        if known is not None:
            self._identities[ocpp_id] = known
        return known

    async def vehicle_of(self, token: str) -> tuple[str, str | None]:
        """(opaque reference of the token, vehicle id or None) for an idTag. Tokens compare case-insensitively."""
        return self.vault.vehicles.token_ref(token), await self.vault.vehicles.with_token(token)
