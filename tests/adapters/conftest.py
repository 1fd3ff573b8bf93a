from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from adapters.vault.vault import Vault


@pytest.fixture(params=["sqlite", "postgresql"])
def vault_url(request: pytest.FixtureRequest) -> URL | None:
    """Where the tables of this test's vault are; None: in its folder."""
    return request.getfixturevalue("new_postgres_url")() if request.param == "postgresql" else None


@pytest.fixture
def open_vault(vault_url: URL | None, tmp_path: Path) -> Iterator[Callable[[], Vault]]:
    """Opens the one vault of this test, as another process would; what asks for this runs on both databases."""
    opened = []

    def open_one() -> Vault:
        opened.append(Vault.open(tmp_path, vault_url))
        return opened[-1]

    yield open_one
    for vault in opened:
        vault.close()


@pytest.fixture
def vault(open_vault: Callable[[], Vault]) -> Vault:
    return open_vault()
