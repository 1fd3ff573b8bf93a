"""The size of a log, by topic."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from adapters.log.sqlite import schema
from adapters.log.sqlite.errors import translating
from commands.log import topics


def log_bytes(folder: Path) -> dict[str, int]:
    """The bytes of keys and bodies of each topic; of a table those of its present rows. Raises `LogError`."""
    file = folder / schema.LOG_FILE
    with translating(file), closing(schema.connect_reader(file)) as reading:
        return {topic: reading.execute(SIZE.format(topic)).fetchone()[0] for topic in topics.TOPICS}


SIZE = 'SELECT coalesce(sum(length(CAST(key AS BLOB)) + length(body)), 0) FROM "{}"'
