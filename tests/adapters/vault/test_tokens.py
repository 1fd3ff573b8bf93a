"""Bearer tokens: only ours, only in time, only for us."""

import asyncio
import base64
import json
from collections.abc import Callable

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from sqlalchemy import delete, select

from adapters.vault import tokens
from adapters.vault.tokens import AUDIENCE, ISSUER
from adapters.vault.vault import Vault

FAR_S = 4_000_000_000


def claims(**changed: object) -> dict[str, object]:
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": "a1", "iat": 1, "exp": FAR_S} | changed


async def ours(vault: Vault) -> ECKey:
    """The key that the vault signs with."""
    await vault.tokens.issue("a1")
    [key] = await vault.tokens._load()
    return key


async def test_a_token_names_its_account_also_after_a_restart(vault: Vault, open_vault: Callable[[], Vault]) -> None:
    token = await vault.tokens.issue("a1")
    assert await vault.tokens.account_of(token.text) == "a1"
    again = open_vault()
    assert await again.tokens.account_of(token.text) == "a1"
    assert await vault.tokens.account_of((await again.tokens.issue("a2")).text) == "a2"


async def test_of_two_processes_that_begin_each_knows_the_tokens_of_the_other(
    vault: Vault, open_vault: Callable[[], Vault]
) -> None:
    other = open_vault()
    mine, theirs = await asyncio.gather(vault.tokens.issue("a1"), other.tokens.issue("a2"))
    assert await other.tokens.account_of(mine.text) == "a1"
    assert await vault.tokens.account_of(theirs.text) == "a2"


async def test_a_key_that_another_process_drew_meanwhile_is_one_of_ours(
    vault: Vault, open_vault: Callable[[], Vault]
) -> None:
    await vault.tokens.issue("a1")
    other = open_vault()
    row = await vault.database.read(lambda connection: connection.execute(select(tokens.SIGNING_KEYS)).one())
    await vault.database.write(lambda connection: connection.execute(delete(tokens.SIGNING_KEYS)))
    theirs = await other.tokens.issue("a2")
    await vault.database.write(lambda connection: connection.execute(tokens.SIGNING_KEYS.insert(), row._asdict()))
    assert await vault.tokens.account_of(theirs.text) == "a2"
    assert await vault.tokens.account_of((await vault.tokens.issue("a1")).text) == "a1"


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": 1},
        {"exp": None},
        {"iss": "other"},
        {"aud": "other"},
        {"sub": None},
        {"sub": 7},
        {"iat": FAR_S},
        {"nbf": FAR_S},
    ],
    ids=str,
)
async def test_a_token_with_other_claims_is_nobody_s(vault: Vault, changed: dict[str, object]) -> None:
    key = await ours(vault)
    told = {name: value for name, value in claims(**changed).items() if value is not None}
    text = jwt.encode({"alg": "ES256", "kid": key.kid}, told, key)
    assert await vault.tokens.account_of(text) is None


async def test_a_token_that_we_did_not_sign_is_nobody_s(vault: Vault) -> None:
    key = await ours(vault)
    stranger = ECKey.generate_key("P-256")
    public = key.as_pem(private=False)
    text = (await vault.tokens.issue("a1")).text
    header, body, signature = text.split(".")
    other_body = base64.urlsafe_b64encode(json.dumps(claims(sub="a2")).encode()).rstrip(b"=").decode()
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    forged = [
        jwt.encode({"alg": "ES256", "kid": key.kid}, claims(), stranger),
        jwt.encode({"alg": "ES256", "jwk": stranger.as_dict(private=False)}, claims(), stranger),
        jwt.encode({"alg": "HS256", "kid": key.kid}, claims(), OctKey.import_key(b"k" * 32)),
        jwt.encode({"alg": "HS256", "kid": key.kid}, claims(), OctKey.import_key(base64.b64encode(public))),
        f"{header}.{other_body}.{signature}",
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{header}.{body}.",
        f"{header}.{body}",
        f"{text}.{text}",
        "",
        "..",
        "\ud800",
        "x" * (tokens.LONGEST_TOKEN + 1),
    ]
    assert [await vault.tokens.account_of(one) for one in forged] == [None] * len(forged)


async def test_a_token_that_was_known_is_nobody_s_once_its_time_is_over(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await vault.tokens.issue("a1")
    assert await vault.tokens.account_of(token.text) == "a1"
    monkeypatch.setattr("time.time", lambda: token.expires_s + 1)
    assert await vault.tokens.account_of(token.text) is None
