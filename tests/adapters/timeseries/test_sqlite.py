"""What only a file has: one of an earlier version is changed in place."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from adapters.timeseries.sqlite import FILE, SqliteSeries
from commands.ports.series import MeterValue

VALUE = MeterValue("m1", "c1", "north", 1_000, None, 7_245, None, "77", True)
ALWAYS = (0, 1 << 50)


async def test_ids_of_transactions_that_were_numbers_are_text(tmp_path: Path) -> None:
    series = SqliteSeries.open(tmp_path)
    await series.write("load.inputs", {0: 1}, [VALUE])
    series.close()
    as_numbers(tmp_path / FILE)
    for _ in range(2):
        series = SqliteSeries.open(tmp_path)
        assert await series.meter_values("north", *ALWAYS) == [VALUE]
        assert {one.transaction_id for one in await series.meter_buckets(60_000, "north", *ALWAYS)} == {"77"}
        series.close()


def as_numbers(file: Path) -> None:
    """Make the tables as they were."""
    with sqlite3.connect(file) as connection:
        for table in ("meter_values", "meter_buckets"):
            connection.execute(f"ALTER TABLE {table} RENAME COLUMN transaction_id TO text_id")
            connection.execute(f"ALTER TABLE {table} ADD COLUMN transaction_id BIGINT")
            connection.execute(f"UPDATE {table} SET transaction_id = text_id")
            connection.execute(f"ALTER TABLE {table} DROP COLUMN text_id")
            assert connection.execute(f"SELECT typeof(transaction_id) FROM {table}").fetchone() == ("integer",)
    connection.close()
