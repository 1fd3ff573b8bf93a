"""The principal of a call: an account by its bearer token, or an integration by its key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from adapters.vault.integrations import PREFIX
from adapters.vault.vault import Vault
from commands.ports.identity import BearerToken
from domain.registry.access import Principal


class Identity:
    """`account` reads the accounts' read model: the principal of an account, or None if it is not registered."""

    def __init__(self, vault: Vault, account: Callable[[str], Awaitable[Principal | None]]) -> None:
        self._vault = vault
        self._account = account

    async def principal(self, bearer: str) -> Principal | None:
        """The principal with this token or key, or None."""
        if bearer.startswith(f"{PREFIX}_"):
            return await self._vault.integrations.principal(bearer)
        account_id = await self._vault.tokens.account_of(bearer)
        return None if account_id is None else await self._account(account_id)

    async def log_in(self, email: str, password: str) -> BearerToken | None:
        """A token for the account with these credentials, or None."""
        account_id = await self._vault.accounts.with_credentials(email, password)
        return None if account_id is None else await self._vault.tokens.issue(account_id)
