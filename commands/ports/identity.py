"""Authentication of the API's callers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from domain.registry.access import Principal


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A token for the Authorization header; `expires_s` in seconds since 1970 UTC."""

    text: str
    expires_s: int


class Identity(Protocol):
    """Authentication of the API's callers."""

    async def principal(self, bearer: str) -> Principal | None:
        """Whose token or key this is, or None."""

    async def log_in(self, email: str, password: str) -> BearerToken | None:
        """A token for the account with these credentials, or None."""
