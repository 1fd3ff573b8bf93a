"""What is remembered of a stream's inputs: at least the last 256, and written as little as they can be."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from processors.engine.recent import BLOCK, REMEMBERED, RecentInputs


@given(st.integers(0, 3 * REMEMBERED))
def test_the_last_256_are_remembered_and_what_is_long_ago_is_not(count: int) -> None:
    recent = RecentInputs.of(map(str, range(count)))
    assert all(str(number) in recent for number in range(max(0, count - REMEMBERED), count))
    assert not any(str(number) in recent for number in range(count - REMEMBERED - BLOCK + 1))
    assert str(count) not in recent


def test_one_more_leaves_the_former_as_they_were() -> None:
    before = RecentInputs.of(map(str, range(BLOCK - 1)))
    after = before.with_one_more("new")
    assert "new" in after
    assert "new" not in before
    assert before == RecentInputs.of(map(str, range(BLOCK - 1)))
    assert before != after


@given(st.lists(st.text(), max_size=3 * BLOCK))
def test_what_is_written_is_read_back(ids: list[str]) -> None:
    recent = RecentInputs.of(ids)
    written = msgspec.json.decode(msgspec.json.encode(recent.written()))
    assert [one for some in written for one in some] == ids
    assert TypeAdapter(RecentInputs).validate_python(written) == recent
