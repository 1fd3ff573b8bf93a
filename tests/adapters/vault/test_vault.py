"""The vault keeps what nobody else may know, gives it back only to its key, and forgets on request."""

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL, Connection, select

from adapters.identity.chargers import VaultDirectory
from adapters.vault.cards import RETENTION_MS as RETENTION_OF_TOKENS_MS
from adapters.vault.idempotency import RETENTION_MS
from adapters.vault.keys import Keys, VaultError
from adapters.vault.tables import METADATA
from adapters.vault.vault import Vault
from commands.ports.directory import Card, CardChange, ChargerIdentity
from domain.errors import DomainError
from domain.registry.access import Principal

VIN = "WVWZZZ1JZXW000001"
OTHER_VIN = "WVWZZZ1JZXW000002"
TOKEN = "Card0815"
KEYS = Keys(bytes(32))


async def everything(vault: Vault, folder: Path) -> bytes:
    """All that is kept: as rows, which on PostgreSQL are the server's, and as the files beside them."""

    def rows(connection: Connection) -> list[Any]:
        return [connection.execute(select(table)).all() for table in METADATA.sorted_tables]

    kept = await vault.database.read(rows)
    assert all(kept), "a table without a row says nothing"
    return repr(kept).encode() + b"".join(file.read_bytes() for file in folder.iterdir())


async def test_nothing_readable_is_on_the_disk(vault: Vault, tmp_path: Path) -> None:
    await vault.vehicles.add("v1", VIN, TOKEN)
    password = await vault.charger_passwords.draw("c1", replace=True)
    _, key = await vault.integrations.new_key("e1", 1)
    await vault.accounts.add("a1", "jane@example.org", "correct horse")
    await vault.enterprises.add("e1", "Jane's Ambulances", "janes.example")
    token = await vault.tokens.issue("a1")
    await vault.notes.add("cap-1", "because Jane said so")
    await vault.cards.presented(TOKEN, 1)
    await vault.channels.replace("a1", ["discord://1234/webhook"])
    await vault.answers.begin("r1", "hash", 1)
    await vault.answers.store("r1", 201, b"an answer with a secret")
    kept = (await everything(vault, tmp_path)).lower()
    assert password is not None
    secret = key.rpartition("_")[2]
    for text in (VIN, TOKEN, password, secret, "Jane", "an answer", "webhook", "horse", "PRIVATE KEY", token.text):
        assert text.lower().encode() not in kept


def test_its_files_are_its_owner_s_alone(vault: Vault, vault_url: URL | None, tmp_path: Path) -> None:
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert set(modes) >= {"vault.key"} | ({"vault.sqlite3"} if vault_url is None else set())
    assert set(modes.values()) == {0o600}


def test_a_key_that_others_may_read_is_refused(vault: Vault, open_vault: Callable[[], Vault], tmp_path: Path) -> None:
    (tmp_path / "vault.key").chmod(0o640)
    with pytest.raises(VaultError, match=r"vault\.key: others may read"):
        open_vault()


def test_a_key_that_was_cut_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "vault.key"
    file.touch(0o600)
    file.write_bytes(bytes(31))
    with pytest.raises(VaultError, match="must be 32 bytes, not 31"):
        Keys.load(file)


async def test_what_it_keeps_survives_a_restart(vault: Vault, open_vault: Callable[[], Vault]) -> None:
    await vault.vehicles.add("v1", VIN, TOKEN)
    again = open_vault()
    assert await again.vehicles.vins(["v1"]) == {"v1": VIN}
    assert await again.vehicles.with_vin(VIN) == "v1"
    assert again.cards.ref(TOKEN) == vault.cards.ref(TOKEN)


async def test_another_key_opens_nothing(vault: Vault, open_vault: Callable[[], Vault], tmp_path: Path) -> None:
    await vault.vehicles.add("v1", VIN, None)
    (tmp_path / "vault.key").write_bytes(bytes(32))
    other = open_vault()
    assert await other.vehicles.with_vin(VIN) is None
    with pytest.raises(VaultError, match="v1"):
        await other.vehicles.vins(["v1"])


@given(st.binary(max_size=100), st.text(max_size=20))
def test_what_is_sealed_opens_and_only_about_the_same(text: bytes, about: str) -> None:
    sealed = KEYS.seal(text, about)
    assert KEYS.open(sealed, about) == text
    with pytest.raises(VaultError):
        KEYS.open(sealed, about + "!")
    with pytest.raises(VaultError):
        KEYS.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), about)


async def test_a_vin_is_found_in_any_case_and_belongs_to_one_vehicle(vault: Vault) -> None:
    await vault.vehicles.add("v1", VIN, None)
    await vault.vehicles.add("v1", VIN, None)
    assert await vault.vehicles.with_vin(VIN.lower()) == "v1"
    with pytest.raises(DomainError) as taken:
        await vault.vehicles.add("v2", VIN.lower(), TOKEN)
    assert taken.value.field == "vin"
    assert await vault.cards.vehicle_of(TOKEN) is None


async def test_a_token_belongs_to_one_vehicle_in_any_case(vault: Vault) -> None:
    await vault.vehicles.add("v1", VIN, TOKEN)
    assert await vault.cards.vehicle_of(TOKEN.upper()) == "v1"
    with pytest.raises(DomainError) as taken:
        await vault.vehicles.add("v2", OTHER_VIN, TOKEN.lower())
    assert taken.value.field == "token"
    assert await vault.vehicles.with_vin(OTHER_VIN) is None


async def test_of_many_at_once_one_gets_the_vin(vault: Vault) -> None:
    tries = [vault.vehicles.add(f"v{number}", VIN, None) for number in range(8)]
    refused = [error for error in await asyncio.gather(*tries, return_exceptions=True) if error is not None]
    assert len(refused) == 7
    assert all(isinstance(error, DomainError) and error.field == "vin" for error in refused)


async def test_a_forgotten_vehicle_leaves_nothing(vault: Vault) -> None:
    await vault.vehicles.add("v1", VIN, TOKEN)
    await vault.vehicles.forget("v1")
    assert await vault.vehicles.vins(["v1"]) == {}
    assert await vault.vehicles.with_vin(VIN) is None
    assert await vault.cards.vehicle_of(TOKEN) is None
    await vault.vehicles.add("v2", VIN, TOKEN)


async def test_a_password_is_told_once_and_replaced_only_if_meant(vault: Vault) -> None:
    first = await vault.charger_passwords.draw("c1", replace=False)
    assert first is not None
    assert len(first) == 40
    assert await vault.charger_passwords.draw("c1", replace=False) is None
    second = await vault.charger_passwords.draw("c1", replace=True)
    assert second is not None
    assert second != first


async def test_an_integration_is_known_by_its_key_until_it_is_revoked(vault: Vault) -> None:
    key_id, key = await vault.integrations.new_key("e1", 1)
    prefix, _, secret = key.split("_")
    assert prefix == "cw"
    assert await vault.integrations.principal(key) == Principal(f"integration:{key_id}", "integration", "e1")
    forged = (
        f"cw_{key_id}_{secret[:-1]}",
        f"cw_{key_id}_",
        f"cw_{key_id}",
        f"xx_{key_id}_{secret}",
        "cw__",
        "",
        "\ud800",
    )
    assert [await vault.integrations.principal(one) for one in forged] == [None] * len(forged)
    assert not await vault.integrations.revoke(key_id, "e2")
    assert not await vault.integrations.revoke(key_id, None)
    assert await vault.integrations.revoke(key_id, "e1")
    assert await vault.integrations.principal(key) is None


async def test_a_key_of_the_platform_is_no_enterprise_s(vault: Vault) -> None:
    key_id, key = await vault.integrations.new_key(None, 1)
    assert await vault.integrations.principal(key) == Principal(f"integration:{key_id}", "integration", None)
    assert await vault.integrations.revoke(key_id, None)


async def test_an_account_is_found_by_its_address_in_any_case_and_its_password(vault: Vault) -> None:
    assert not await vault.accounts.any()
    await vault.accounts.add("a1", "Jane@Example.org", "correct horse")
    assert await vault.accounts.any()
    assert await vault.accounts.with_email("jane@example.ORG") == "a1"
    assert await vault.accounts.with_credentials("jane@example.org", "correct horse") == "a1"
    assert await vault.accounts.with_credentials("jane@example.org", "correct hors") is None
    assert await vault.accounts.with_credentials("john@example.org", "correct horse") is None
    assert await vault.accounts.emails(["a1", "a2"]) == {"a1": "Jane@Example.org"}


async def test_an_address_belongs_to_one_account_until_that_is_forgotten(vault: Vault) -> None:
    await vault.accounts.add("a1", "jane@example.org", "correct horse")
    await vault.accounts.add("a1", "jane@example.org", "another one")
    assert await vault.accounts.with_credentials("jane@example.org", "correct horse") == "a1"
    with pytest.raises(DomainError) as taken:
        await vault.accounts.add("a2", "JANE@example.org", "battery staple")
    assert taken.value.field == "email"
    await vault.accounts.set_password("a1", "battery staple")
    assert await vault.accounts.with_credentials("jane@example.org", "battery staple") == "a1"
    await vault.accounts.forget("a1")
    assert await vault.accounts.emails(["a1"]) == {}
    await vault.accounts.add("a2", "jane@example.org", "battery staple")


async def test_an_enterprise_keeps_the_names_that_it_was_registered_with(vault: Vault) -> None:
    await vault.enterprises.add("e1", "Jane's Ambulances", "janes.example")
    await vault.enterprises.add("e1", "Mallory", "mallory.example")
    found = await vault.enterprises.names(["e1", "e2"])
    assert {key: (one.name, one.domain) for key, one in found.items()} == {"e1": ("Jane's Ambulances", "janes.example")}


async def test_a_note_is_kept_as_it_was_first_written(vault: Vault) -> None:
    await vault.notes.add("cap-1", "peak")
    await vault.notes.add("cap-1", "changed")
    assert await vault.notes.find("cap-1") == "peak"
    assert await vault.notes.find("cap-2") is None


async def test_an_attempt_is_known_with_its_answer_for_24_hours(vault: Vault) -> None:
    assert (await vault.answers.begin("r1", "hash-1", 1_000)).answer is None
    again = await vault.answers.begin("r1", "hash-2", 5_000)
    assert (again.body_hash, again.received_ms, again.status) == ("hash-1", 1_000, None)
    await vault.answers.store("r1", 201, b"{}")
    known = await vault.answers.begin("r1", "hash-1", 1_000 + RETENTION_MS)
    assert (known.received_ms, known.status, known.answer) == (1_000, 201, b"{}")
    later = await vault.answers.begin("r1", "hash-2", 1_001 + RETENTION_MS)
    assert (later.body_hash, later.answer) == ("hash-2", None)


class Changes:
    """The cards' read model, as the directory sees it."""

    def __init__(self) -> None:
        self.said: dict[str, CardChange] = {}

    async def of(self, token_ref: str) -> CardChange | None:
        return self.said.get(token_ref)


class Chargers:
    """The chargers' read model, as the directory sees it."""

    def __init__(self) -> None:
        self.known: dict[str, ChargerIdentity] = {}

    async def find(self, ocpp_id: str) -> ChargerIdentity | None:
        return self.known.get(ocpp_id)


async def test_a_charger_gets_in_with_its_own_password_only(vault: Vault) -> None:
    chargers = Chargers()
    directory = VaultDirectory(vault, chargers.find, Changes().of)
    password = await vault.charger_passwords.draw("c1", replace=True)
    other = await vault.charger_passwords.draw("c2", replace=True)
    assert password is not None
    assert other is not None
    assert await directory.authenticate("c1", password) is None, "not in the read model yet"
    chargers.known["c1"] = ChargerIdentity("c1", "north", (0,), 230_000)
    assert await directory.authenticate("c1", password) == chargers.known["c1"]
    for ocpp_id, wrong in (("c1", other), ("c1", ""), ("c3", password), ("c3", "")):
        assert await directory.authenticate(ocpp_id, wrong) is None
    replaced = await vault.charger_passwords.draw("c1", replace=True)
    assert replaced is not None
    assert await directory.authenticate("c1", password) is None
    assert await directory.authenticate("c1", replaced) == chargers.known["c1"]


@pytest.mark.parametrize(
    "form",
    [str.lower, str.upper, str.title, lambda password: bytes.fromhex(password).decode()],
    ids=["digits", "upper-case", "mixed-case", "bytes-that-are-a-text"],
)
async def test_a_password_works_in_each_of_its_forms(vault: Vault, form: Callable[[str], str]) -> None:
    chargers = Chargers()
    chargers.known["c1"] = ChargerIdentity("c1", "north", (0,), 230_000)
    password = await vault.charger_passwords.draw("c1", replace=True)
    assert password is not None
    assert len(bytes.fromhex(password)) == 20
    directory = VaultDirectory(vault, chargers.find, Changes().of)
    assert await directory.authenticate("c1", form(password)) == chargers.known["c1"]
    assert await directory.authenticate("c1", form(password)[:-1]) is None
    assert await directory.authenticate("c1", form(password) + "0") is None


async def test_a_token_has_one_opaque_name_whoever_it_belongs_to(vault: Vault) -> None:
    directory = VaultDirectory(vault, Chargers().find, Changes().of)
    await vault.vehicles.add("v1", VIN, TOKEN)
    card = await directory.card(TOKEN.upper(), 1)
    assert card == Card(vault.cards.ref(TOKEN), "v1")
    stranger = await directory.card("unknown", 1)
    assert stranger.vehicle_id is None
    assert stranger.token_ref not in (card.token_ref, "unknown")
    assert TOKEN.lower() not in card.token_ref.lower()


@pytest.mark.parametrize(
    ("change", "vehicle_id", "state", "text"),
    [
        (None, "v1", "valid", TOKEN),
        (CardChange("active"), "v1", "valid", TOKEN),
        (CardChange("active", 2_001), "v1", "valid", TOKEN),
        (CardChange("active", 2_000), "v1", "expired", None),
        (CardChange("blocked"), "v1", "blocked", None),
        (CardChange("removed"), None, "valid", None),
    ],
)
async def test_what_was_last_said_of_a_card_decides_whether_it_may_be_used(
    vault: Vault, change: CardChange | None, vehicle_id: str | None, state: str, text: str | None
) -> None:
    changes = Changes()
    directory = VaultDirectory(vault, Chargers().find, changes.of)
    await vault.vehicles.add("v1", VIN, TOKEN)
    ref = vault.cards.ref(TOKEN)
    if change is not None:
        changes.said[ref] = change
    assert await directory.card(TOKEN, 2_000) == Card(ref, vehicle_id, state)
    assert await directory.token(ref, 2_000) == text


async def test_a_vehicle_has_several_cards_and_loses_one_of_them(vault: Vault) -> None:
    await vault.vehicles.add("v1", VIN, TOKEN)
    await vault.cards.add("v1", "Second")
    await vault.cards.add("v1", "second")
    first, second = vault.cards.ref(TOKEN), vault.cards.ref("SECOND")
    assert await vault.cards.of("v1") == {first: TOKEN, second: "Second"}
    with pytest.raises(DomainError) as taken:
        await vault.cards.add("v2", "SECOND")
    assert taken.value.field == "token"
    await vault.cards.remove("v2", second)
    assert await vault.cards.vehicle_of("Second") == "v1", "it is not theirs"
    await vault.cards.remove("v1", second)
    assert (await vault.cards.of("v1"), await vault.cards.text(second)) == ({first: TOKEN}, None)
    await vault.cards.add("v2", "Second")


async def test_the_text_of_a_token_is_known_for_some_weeks_after_its_last_start(vault: Vault) -> None:
    ref = vault.cards.ref(TOKEN)
    assert await vault.cards.text(ref) is None
    await vault.cards.presented(TOKEN, 1_000)
    await vault.cards.presented(TOKEN.upper(), 2_000)
    assert await vault.cards.text(ref) == TOKEN.upper()
    await vault.cards.presented("another", 2_000 + RETENTION_OF_TOKENS_MS)
    assert await vault.cards.text(ref) == TOKEN.upper()
    await vault.cards.presented("another", 2_001 + RETENTION_OF_TOKENS_MS)
    assert await vault.cards.text(ref) is None


async def test_a_forgotten_vehicle_takes_the_texts_of_its_tokens_along(vault: Vault) -> None:
    await vault.vehicles.add("v1", VIN, TOKEN)
    await vault.cards.presented(TOKEN, 1_000)
    await vault.vehicles.forget("v1")
    assert await vault.cards.text(vault.cards.ref(TOKEN)) is None
