"""Given a queue and what it was told, then only what changed is told, and who reads it sees the queue as it is."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain.site.announcements import WORTH_TELLING_MS, WORTH_TELLING_PPM, Place, worth_telling
from domain.site.queue import Waiting, rank
from domain.site.session import Expectation

HOUR_MS = 3_600_000


def place(name: str, score_ppm: int, turn_at_ms: int | None, told: Expectation | None = None, tier: int = 2) -> Place:
    return Place(name, 0, Expectation(tier, score_ppm, turn_at_ms), told)


def heard(one: Place) -> Place:
    return replace(one, told=one.now)


def test_who_came_is_told_and_nobody_else():
    old = heard(place("old", 600_000, HOUR_MS))
    assert worth_telling([old, place("new", 500_000, 2 * HOUR_MS)]) == {"new"}
    assert worth_telling([old, place("new", 500_000, None)]) == {"new"}


def test_what_moved_noticeably_is_told():
    told = Expectation(2, 600_000, HOUR_MS)
    assert worth_telling([place("a", 600_000, HOUR_MS + WORTH_TELLING_MS - 1, told)]) == set()
    assert worth_telling([place("a", 600_000, HOUR_MS + WORTH_TELLING_MS, told)]) == {"a"}
    assert worth_telling([place("a", 600_000, HOUR_MS - WORTH_TELLING_MS, told)]) == {"a"}
    assert worth_telling([place("a", 600_000, None, told)]) == {"a"}
    assert worth_telling([place("a", 600_000 + WORTH_TELLING_PPM - 1, HOUR_MS, told)]) == set()
    assert worth_telling([place("a", 600_000 + WORTH_TELLING_PPM, HOUR_MS, told)]) == {"a"}
    assert worth_telling([place("a", 600_000, HOUR_MS, told, tier=1)]) == {"a"}


def test_who_passed_another_is_told_however_little_changed():
    passing = place("a", 600_001, HOUR_MS, Expectation(2, 599_999, HOUR_MS))
    passed = heard(place("b", 600_000, HOUR_MS))
    behind = heard(place("c", 500_000, 2 * HOUR_MS))
    assert worth_telling([passing, passed, behind]) == {"a"}


def test_no_later_turn_stands_before_an_earlier_one():
    first = place("a", 600_000, HOUR_MS, Expectation(2, 600_000, HOUR_MS + 60_000))
    new = place("b", 500_000, HOUR_MS + 30_000)
    assert worth_telling([first, new]) == {"a", "b"}


EXPECTATIONS = st.builds(
    Expectation, st.integers(0, 2), st.integers(500_000, 560_000), st.none() | st.integers(0, 3 * WORTH_TELLING_MS)
)


@given(
    st.lists(st.tuples(EXPECTATIONS, st.none() | EXPECTATIONS, st.integers(0, 3)), max_size=8),
    st.lists(st.integers(0, 3 * WORTH_TELLING_MS), min_size=8, max_size=8),
)
def test_applying_what_is_told_gives_the_order_and_times_that_are_near(known, turns):
    waiting = {
        str(index): Waiting(str(index), now.tier, now.score_ppm, queued) for index, (now, _, queued) in enumerate(known)
    }
    order = rank(waiting.values())
    queue = [
        Place(one.id, one.queued_ms, Expectation(one.tier, one.score_ppm, turn_at_ms), known[int(one.id)][1])
        for one, turn_at_ms in zip(order, sorted(turns), strict=False)
    ]
    told = worth_telling(queue)
    seen = {one.id: one.now if one.id in told else one.told for one in queue}
    again = rank(Waiting(one.id, seen[one.id].tier, seen[one.id].score_ppm, one.queued_ms) for one in queue)
    assert [one.id for one in again] == [one.id for one in order]
    heard_turns = [seen[one.id].turn_at_ms for one in queue]
    assert heard_turns == sorted(heard_turns)
    for one in queue:
        assert abs(seen[one.id].turn_at_ms - one.now.turn_at_ms) < WORTH_TELLING_MS
        assert abs(seen[one.id].score_ppm - one.now.score_ppm) < WORTH_TELLING_PPM
    assert worth_telling([replace(one, told=seen[one.id]) for one in queue]) == set()
