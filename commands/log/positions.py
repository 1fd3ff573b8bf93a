"""Positions of a reader on a topic: the last offset that it has reached in each partition."""

from __future__ import annotations

from collections.abc import Mapping


def is_past(reached: Mapping[int, int], ends: Mapping[int, int]) -> bool:
    """Whether a reader has reached `ends` in every partition. A missing partition counts as offset 0."""
    return all(reached.get(partition, 0) >= end for partition, end in ends.items())
