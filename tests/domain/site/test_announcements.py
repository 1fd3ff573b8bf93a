"""Only what changed noticeably is announced, and the announcements show the queue in its order."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain.site.announcements import NOTICEABLE_MS, NOTICEABLE_PPM, Place, to_announce
from domain.site.queue import QueueEntry, rank
from domain.site.session import Expectation

HOUR_MS = 3_600_000


def place(
    name: str, score_ppm: int, turn_at_ms: int | None, announced: Expectation | None = None, tier: int = 2
) -> Place:
    return Place(name, 0, Expectation(tier, score_ppm, turn_at_ms), announced)


def up_to_date(one: Place) -> Place:
    return replace(one, announced=one.now)


def test_a_new_place_is_announced_and_no_other():
    old = up_to_date(place("old", 600_000, HOUR_MS))
    assert to_announce([old, place("new", 500_000, 2 * HOUR_MS)]) == {"new"}
    assert to_announce([old, place("new", 500_000, None)]) == {"new"}


def test_what_moved_noticeably_is_announced():
    announced = Expectation(2, 600_000, HOUR_MS)
    assert to_announce([place("a", 600_000, HOUR_MS + NOTICEABLE_MS - 1, announced)]) == set()
    assert to_announce([place("a", 600_000, HOUR_MS + NOTICEABLE_MS, announced)]) == {"a"}
    assert to_announce([place("a", 600_000, HOUR_MS - NOTICEABLE_MS, announced)]) == {"a"}
    assert to_announce([place("a", 600_000, None, announced)]) == {"a"}
    assert to_announce([place("a", 600_000 + NOTICEABLE_PPM - 1, HOUR_MS, announced)]) == set()
    assert to_announce([place("a", 600_000 + NOTICEABLE_PPM, HOUR_MS, announced)]) == {"a"}
    assert to_announce([place("a", 600_000, HOUR_MS, announced, tier=1)]) == {"a"}


def test_a_place_that_passed_another_is_announced_however_little_changed():
    passing = place("a", 600_001, HOUR_MS, Expectation(2, 599_999, HOUR_MS))
    passed = up_to_date(place("b", 600_000, HOUR_MS))
    behind = up_to_date(place("c", 500_000, 2 * HOUR_MS))
    assert to_announce([passing, passed, behind]) == {"a"}


def test_no_later_turn_stands_before_an_earlier_one():
    first = place("a", 600_000, HOUR_MS, Expectation(2, 600_000, HOUR_MS + 60_000))
    new = place("b", 500_000, HOUR_MS + 30_000)
    assert to_announce([first, new]) == {"a", "b"}


EXPECTATIONS = st.builds(
    Expectation, st.integers(0, 2), st.integers(500_000, 560_000), st.none() | st.integers(0, 3 * NOTICEABLE_MS)
)


@given(
    st.lists(st.tuples(EXPECTATIONS, st.none() | EXPECTATIONS, st.integers(0, 3)), max_size=8),
    st.lists(st.integers(0, 3 * NOTICEABLE_MS), min_size=8, max_size=8),
)
def test_applying_what_is_told_gives_the_order_and_times_that_are_near(known, turns):
    waiting = {
        str(index): QueueEntry(str(index), now.tier, now.score_ppm, queued)
        for index, (now, _, queued) in enumerate(known)
    }
    order = rank(waiting.values())
    queue = [
        Place(one.id, one.queued_ms, Expectation(one.tier, one.score_ppm, turn_at_ms), known[int(one.id)][1])
        for one, turn_at_ms in zip(order, sorted(turns), strict=False)
    ]
    announced = to_announce(queue)
    seen = {one.id: one.now if one.id in announced else one.announced for one in queue}
    again = rank(QueueEntry(one.id, seen[one.id].tier, seen[one.id].score_ppm, one.queued_ms) for one in queue)
    assert [one.id for one in again] == [one.id for one in order]
    heard_turns = [seen[one.id].turn_at_ms for one in queue]
    assert heard_turns == sorted(heard_turns)
    for one in queue:
        assert abs(seen[one.id].turn_at_ms - one.now.turn_at_ms) < NOTICEABLE_MS
        assert abs(seen[one.id].score_ppm - one.now.score_ppm) < NOTICEABLE_PPM
    assert to_announce([replace(one, announced=seen[one.id]) for one in queue]) == set()
