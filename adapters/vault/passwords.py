"""Password hashes: argon2id (RFC 9106). A hash takes 64 MiB and a tenth of a second, so few are computed at once."""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2
DRAWN_BYTES = 15


class Passwords:
    """Computes hashes in threads, without blocking the event loop."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._dummy_hash = ""

    async def hash(self, password: str) -> str:
        """The hash of a password, with a salt of its own."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether a password has this hash. Without a hash (no such account) it is False, and takes as long."""
        if password_hash is None and not self._dummy_hash:
            self._dummy_hash = await self.hash(secrets.token_hex())
        async with self._slots:
            right = await asyncio.to_thread(self._verify, password_hash or self._dummy_hash, password)
        return right and password_hash is not None

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def drawn() -> str:
    """A random password."""
    return secrets.token_urlsafe(DRAWN_BYTES)
