from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.database import Database
from tests.projections.telling import Told


@pytest.fixture
async def told(tmp_path: Path) -> AsyncIterator[Told]:
    database = Database(f"sqlite:///{tmp_path / 'models.sqlite3'}", durable=False)
    yield await Told(database).start()
    database.close()
