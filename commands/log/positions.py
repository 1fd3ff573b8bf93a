"""How far somebody is on a topic: the offset in each partition that was reached last."""

from __future__ import annotations

from collections.abc import Mapping


def is_past(reached: Mapping[int, int], ends: Mapping[int, int]) -> bool:
    """Whether everything up to `ends` was reached (a missing partition: nothing of it)."""
    return all(reached.get(partition, 0) >= end for partition, end in ends.items())
