"""A copy of the log for an independent check: all inputs and events, without the processors' states."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from adapters.log.sqlite import schema
from adapters.log.sqlite.errors import translating
from commands.log import topics


def copy_without_states(source: Path, target: Path) -> None:
    """Copy the log of the folder `source` into `target`, without the processors' states. Raises `LogError`."""
    target.mkdir(parents=True, exist_ok=True)
    file = target / schema.LOG_FILE
    with (
        translating(file),
        closing(schema.connect_reader(source / schema.LOG_FILE)) as reading,
        closing(sqlite3.connect(file)) as writing,
    ):
        reading.backup(writing)
        for name in topics.PROCESSORS:
            writing.execute(f'DELETE FROM "{topics.states(name)}"')
        writing.commit()
