"""Trimming: deleting old records, a slice at a time, so that appends need not wait long."""

from __future__ import annotations

from adapters.log.sqlite.schema import OWN
from adapters.log.sqlite.writer import Group, Work
from commands.log.codec import canonical

SLICE = 2000


def slice_of(topic: str, partition: int, before: int) -> Work:
    """A job that deletes the oldest records with an offset below `before`. It returns whether some may be left."""

    def trim(group: Group) -> bool:
        oldest = f'SELECT offset FROM "{topic}" WHERE partition = ? AND offset < ? ORDER BY offset LIMIT {SLICE}'
        offsets = group.connection.execute(oldest, (partition, before)).fetchall()
        if not offsets:
            return False
        (newest,) = offsets[-1]
        # The last deleted record stays known, so that a missing one after it is noticed.
        group.add(OWN, 0, f"trimmed/{topic}/{partition}", canonical(group.reader.last(topic, partition, newest)))
        group.connection.execute(f'DELETE FROM "{topic}" WHERE partition = ? AND offset <= ?', (partition, newest))
        return len(offsets) == SLICE

    return trim
