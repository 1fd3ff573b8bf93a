"""A PostgreSQL that is lost is told so in words, and used again when it is back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import URL, Column, Connection, MetaData, String, Table, func, select, text
from sqlalchemy.exc import ProgrammingError

from adapters.database import Database, postgresql
from commands.ports.database import DatabaseUnavailable
from tests.postgres import Postgres

ONE = text("SELECT 1")
THINGS = Table("things", MetaData(), Column("name", String, primary_key=True))


@pytest.fixture
def database(new_postgres_url: Callable[[], URL]) -> Iterator[Database]:
    database = Database(new_postgres_url(), durable=True, schema="things")
    database.create(THINGS.metadata)
    yield database
    database.close()


async def ask(database: Database, statement: Any = ONE) -> Any:
    return await database.read(lambda connection: connection.execute(statement).scalars().all())


async def refusal(url: URL) -> str:
    database = Database(url, durable=True)
    with pytest.raises(DatabaseUnavailable) as refused:
        await ask(database)
    database.close()
    return str(refused.value)


async def test_a_refusal_names_the_server_and_the_reason_and_no_password(postgres: Postgres) -> None:
    wrong = await refusal(postgres.url().set(password="hunter2"))
    assert f"PostgreSQL at 127.0.0.1:{postgres.port}, database postgres" in wrong
    assert "password authentication failed" in wrong
    assert "hunter2" not in wrong
    assert "database postgres: connection failed" in await refusal(postgres.url().set(port=1))
    assert 'database "nowhere" does not exist' in await refusal(postgres.url("nowhere"))


async def test_a_server_that_restarted_goes_unnoticed(fragile_postgres: Postgres) -> None:
    database = Database(fragile_postgres.url(), durable=True)
    assert await asyncio.gather(*(ask(database) for _ in range(20))) == [[1]] * 20
    for end in (fragile_postgres.stop, fragile_postgres.kill):
        end()
        with pytest.raises(DatabaseUnavailable):
            await ask(database)
        with pytest.raises(DatabaseUnavailable):
            await database.write(lambda connection: connection.execute(ONE))
        fragile_postgres.start()
        assert await ask(database) == [1]
        assert await database.write(lambda connection: connection.scalar(ONE)) == 1
    database.close()


async def test_only_a_connection_that_rested_is_looked_at(
    new_postgres_url: Callable[[], URL], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Any] = []
    now_s = [100.0]
    lives = postgresql._lives
    monkeypatch.setattr(postgresql, "monotonic", lambda: now_s[0])
    monkeypatch.setattr(postgresql, "_lives", lambda *of: looks.append(of) or lives(*of))
    database = Database(new_postgres_url(), durable=True)
    for rested_s, looked in ((0, 1), (0, 1), (postgresql.FRESH_S / 2, 1), (2 * postgresql.FRESH_S, 2), (0, 2)):
        now_s[0] += rested_s
        assert await ask(database) == [1]
        assert len(looks) == looked
    database.close()


async def test_a_statement_has_its_time(new_postgres_url: Callable[[], URL]) -> None:
    url = new_postgres_url().update_query_dict({"options": "-c statement_timeout=50ms"})
    database = Database(url, durable=True)
    with pytest.raises(DatabaseUnavailable, match="statement timeout"):
        await ask(database, text("SELECT pg_sleep(60)"))
    database.close()


async def test_a_server_that_froze_is_given_up_and_used_again(
    fragile_postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "ANSWER_TIMEOUT_S", 0.2)
    database = Database(fragile_postgres.url(), durable=True)
    await ask(database)
    with fragile_postgres.frozen(), pytest.raises(DatabaseUnavailable, match="no answer within"):
        await ask(database)
    monkeypatch.undo()
    assert await ask(database) == [1]
    database.close()


async def test_a_database_that_can_t_keep_every_text_is_refused(fragile_postgres: Postgres) -> None:
    url = fragile_postgres.new_database("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    database = Database(url, durable=True, schema="things")
    with pytest.raises(DatabaseUnavailable, match="the encoding is LATIN1, not UTF8"):
        database.create_schema()
    database.close()


async def test_a_standby_and_missing_tables_are_passing_troubles(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable, match="its tables do not exist yet"):
        await ask(database, text("SELECT * FROM nothing"))

    def as_on_a_standby(connection: Any) -> None:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(THINGS.insert(), {"name": "a"})

    with pytest.raises(DatabaseUnavailable, match="read-only now"):
        await database.write(as_on_a_standby)


async def test_a_defect_of_ours_is_no_passing_trouble(database: Database) -> None:
    with pytest.raises(ProgrammingError):
        await ask(database, text("SELEKT 1"))


async def test_more_who_ask_than_there_are_connections_wait_for_one(database: Database) -> None:
    slow = text("SELECT 1 FROM pg_sleep(0.05)")
    assert await asyncio.gather(*(ask(database, slow) for _ in range(40))) == [[1]] * 40


async def test_text_with_a_nul_is_kept_without_it_and_finds_nothing(database: Database) -> None:
    await database.write(lambda connection: connection.execute(THINGS.insert(), {"name": "a\0b"}))
    assert await ask(database, select(THINGS.c.name)) == ["a\ufffdb"]
    assert await ask(database, select(THINGS.c.name).where(THINGS.c.name == "\0")) == []


async def test_values_never_stand_in_an_error(database: Database) -> None:
    with pytest.raises(ProgrammingError) as told:
        await database.read(lambda connection: connection.execute(text("SELEKT :name"), {"name": "jane@example.org"}))
    assert "SELEKT" in str(told.value)
    assert "jane" not in str(told.value)


async def hear_once(database: Database) -> tuple[AsyncIterator[str], asyncio.Future[str]]:
    hearing = database.listen("news")
    assert await anext(hearing) == ""
    return hearing, asyncio.ensure_future(anext(hearing))


async def tell(database: Database, channel: str, text: str) -> None:
    await database.write(lambda connection: connection.execute(select(func.pg_notify(channel, text))))


async def test_what_is_told_is_heard_by_who_listens_in_that_schema(database: Database) -> None:
    hearing, heard = await hear_once(database)
    await tell(database, "elsewhere.news", "not for us")
    await tell(database, "things.news", "for us")
    assert await heard == "for us"
    await hearing.aclose()


async def test_what_was_rolled_back_is_not_heard(database: Database) -> None:
    hearing, heard = await hear_once(database)

    def undone(connection: Connection) -> None:
        connection.execute(select(func.pg_notify("things.news", "undone")))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(undone)
    await tell(database, "things.news", "done")
    assert await heard == "done"
    await hearing.aclose()


async def test_who_listens_hears_that_the_server_is_gone(fragile_postgres: Postgres) -> None:
    database = Database(fragile_postgres.url(), durable=True)
    _, heard = await hear_once(database)
    fragile_postgres.kill()
    with pytest.raises(DatabaseUnavailable, match=f"PostgreSQL at 127.0.0.1:{fragile_postgres.port}"):
        await heard
    fragile_postgres.start()
    database.close()
