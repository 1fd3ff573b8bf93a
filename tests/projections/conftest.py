from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from adapters.database import Database
from tests.projections.read_models import ReadModels


@pytest.fixture
def new_database(new_database_url: Callable[[], Any]) -> Iterator[Callable[[], Database]]:
    """Makes empty databases for read models, all of one kind."""
    made = []

    def make() -> Database:
        database = Database(new_database_url(), durable=False, schema="read_models")
        database.create_schema()
        made.append(database)
        return database

    yield make
    for database in made:
        database.close()


@pytest.fixture
def database(new_database: Callable[[], Database]) -> Database:
    return new_database()


@pytest.fixture
async def models(database: Database) -> AsyncIterator[ReadModels]:
    return await ReadModels(database).start()
