"""Bearer tokens: short-lived JWTs, signed with ES256, on the wall clock. The signing key is sealed in the vault."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import BigInteger, Column, Connection, LargeBinary, String, Table, select

from adapters.database import Database
from adapters.vault.keys import Keys
from adapters.vault.tables import METADATA
from commands.ports.identity import BearerToken

ALGORITHM = "ES256"
ISSUER = AUDIENCE = "commonwatt"
LIFETIME_S = 3_600
LONGEST_TOKEN = 4_096
REMEMBERED = 1_024
"""How many tokens are cached whose signature was verified. Their expiry is checked each time."""
SIGNING_KEYS = Table(
    "signing_keys",
    METADATA,
    Column("kid", String, primary_key=True),
    Column("key_sealed", LargeBinary, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)
CLAIMS = jwt.JWTClaimsRegistry(
    iss={"essential": True, "value": ISSUER},
    aud={"essential": True, "value": AUDIENCE},
    sub={"essential": True},
    exp={"essential": True},
    iat={"essential": True},
)


class Tokens:
    """Issues tokens to accounts, and verifies them."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys
        self._signing: ECKey | None = None
        self._known = KeySet([])
        self._signed = lru_cache(REMEMBERED)(self._claims)

    async def prepare(self) -> None:
        """Load the signing key. Raises `VaultError` if the vault was sealed with another key."""
        await self._signing_key()

    async def issue(self, account_id: str, lifetime_s: int = LIFETIME_S) -> BearerToken:
        """A token for an account, valid from now on."""
        key = await self._signing_key()
        now_s = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": account_id, "iat": now_s, "exp": now_s + lifetime_s}
        text = jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])
        return BearerToken(text, now_s + lifetime_s)

    async def account_of(self, token: str) -> str | None:
        """The account that a token was issued to; None if it is forged, expired, or for another audience."""
        if len(token) > LONGEST_TOKEN:
            return None
        await self._signing_key()
        try:
            claims = await self._claims_of(token)
            CLAIMS.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError):
            return None
        subject = claims["sub"]
        return subject if isinstance(subject, str) else None

    async def _claims_of(self, token: str) -> dict[str, Any]:
        """The claims of a token. An unknown key is loaded: another process may have drawn it."""
        try:
            return self._signed(token)
        except InvalidKeyIdError:
            self._known = KeySet([*await self._load()])
            return self._signed(token)

    def _claims(self, token: str) -> dict[str, Any]:
        """The claims of a token that was signed with a known key. Raises `JoseError`, `ValueError`."""
        return jwt.decode(token, self._known, algorithms=[ALGORITHM]).claims

    async def _signing_key(self) -> ECKey:
        if self._signing is None:
            known = await self._load() or await self._draw()
            self._signing, self._known = known[0], KeySet([*known])
        return self._signing

    async def _load(self) -> list[ECKey]:
        """All signing keys, newest first."""
        query = select(SIGNING_KEYS).order_by(SIGNING_KEYS.c.created_ms.desc(), SIGNING_KEYS.c.kid)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [ECKey.import_key(self._keys.open(row.key_sealed, row.kid), {"kid": row.kid}) for row in rows]

    async def _draw(self) -> list[ECKey]:
        """Draw a signing key, unless another process has drawn one meanwhile."""
        key = ECKey.generate_key("P-256")
        kid = key.thumbprint()
        row = {
            "kid": kid,
            "key_sealed": self._keys.seal(key.as_pem(private=True), kid),
            "created_ms": time.time_ns() // 1_000_000,
        }

        def work(connection: Connection) -> None:
            if connection.scalar(select(SIGNING_KEYS.c.kid).limit(1)) is None:
                connection.execute(SIGNING_KEYS.insert(), row)

        await self._database.write(work)
        return await self._load()
