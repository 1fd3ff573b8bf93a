from hypothesis import given, settings
from hypothesis import strategies as st

from domain.site.eta import HOUR_MS, MOVE_MS, Stay, estimate
from tests.examples import examples

NOW = 1_000_000


def stay(name: str, need_wh: int | None = 7_000, rate_w: int = 7_000, depart_h: float | None = 10) -> Stay:
    return Stay(name, need_wh, rate_w, None if depart_h is None else NOW + round(depart_h * HOUR_MS))


def free_at(one: Stay) -> int | None:
    return estimate(NOW, [], {"c": one}, []).free_at_ms.get("c")


# --- when a charger comes free ----------------------------------------------------------------------------------------


def test_a_charger_comes_free_when_its_car_is_done_and_has_moved() -> None:
    assert free_at(stay("s")) == NOW + HOUR_MS + MOVE_MS


def test_charging_time_is_rounded_up() -> None:
    assert free_at(stay("s", need_wh=1)) == NOW + 515 + MOVE_MS


def test_or_when_it_departs_if_that_is_earlier() -> None:
    assert free_at(stay("s", depart_h=0.5)) == NOW + HOUR_MS // 2


def test_an_unknown_need_lasts_until_departure() -> None:
    assert free_at(stay("s", need_wh=None, depart_h=3)) == NOW + 3 * HOUR_MS


def test_a_paused_car_stays_until_departure() -> None:
    assert free_at(stay("s", rate_w=0, depart_h=3)) == NOW + 3 * HOUR_MS


def test_a_car_that_is_done_only_has_to_move() -> None:
    assert free_at(stay("s", need_wh=0, rate_w=0)) == NOW + MOVE_MS
    assert free_at(stay("s", need_wh=-5, rate_w=0)) == NOW + MOVE_MS


def test_a_car_that_overstays_is_expected_to_go_now() -> None:
    assert free_at(stay("s", depart_h=-1)) == NOW


def test_a_walk_up_is_estimated_by_its_need_alone() -> None:
    assert free_at(stay("s", depart_h=None)) == NOW + HOUR_MS + MOVE_MS


def test_where_nothing_is_known_nothing_is_said() -> None:
    assert free_at(stay("s", need_wh=None, depart_h=None)) is None
    assert free_at(stay("s", rate_w=0, depart_h=None)) is None


# --- whose turn it is -------------------------------------------------------------------------------------------------


def test_the_first_in_the_queue_has_the_charger_that_comes_free_first() -> None:
    busy = {"slow": stay("x", need_wh=14_000), "quick": stay("y")}
    found = estimate(NOW, [], busy, [stay("first"), stay("second")])
    assert found.turn_at_ms == {"first": NOW + HOUR_MS + MOVE_MS, "second": NOW + 2 * HOUR_MS + MOVE_MS}
    assert found.free_at_ms == {"slow": NOW + 2 * HOUR_MS + MOVE_MS, "quick": NOW + HOUR_MS + MOVE_MS}


def test_a_free_charger_is_there_now() -> None:
    assert estimate(NOW, ["c"], {}, [stay("a")]).turn_at_ms == {"a": NOW}


def test_later_cars_wait_for_earlier_ones() -> None:
    found = estimate(NOW, ["c"], {}, [stay("a"), stay("b", need_wh=3_500), stay("c")])
    assert found.turn_at_ms == {
        "a": NOW,
        "b": NOW + HOUR_MS + MOVE_MS,
        "c": NOW + HOUR_MS + HOUR_MS // 2 + 2 * MOVE_MS,
    }
    assert found.free_at_ms == {}


def test_who_departs_before_her_turn_is_told_when_it_would_be_and_keeps_nobody_waiting() -> None:
    busy = {"c": stay("x", need_wh=14_000)}
    found = estimate(NOW, [], busy, [stay("gone", depart_h=1), stay("next")])
    assert found.turn_at_ms == {"gone": NOW + 2 * HOUR_MS + MOVE_MS, "next": NOW + 2 * HOUR_MS + MOVE_MS}


def test_behind_a_stay_of_unknown_length_nobody_knows() -> None:
    assert estimate(NOW, ["c"], {}, [stay("a", need_wh=None, depart_h=None), stay("b")]).turn_at_ms == {"a": NOW}
    assert estimate(NOW, [], {"c": stay("x", need_wh=None, depart_h=None)}, [stay("a")]).turn_at_ms == {}


def test_without_chargers_there_is_no_turn() -> None:
    assert estimate(NOW, [], {}, [stay("a")]).turn_at_ms == {}


stays = st.builds(
    Stay,
    st.uuids().map(str),
    st.none() | st.integers(0, 80_000),
    st.integers(0, 22_000),
    st.none() | st.integers(NOW - HOUR_MS, NOW + 20 * HOUR_MS),
)


@settings(max_examples=examples(100))
@given(st.integers(0, 3), st.lists(stays, max_size=5), st.lists(stays, max_size=8))
def test_turns_lie_ahead_in_the_order_of_the_queue(number: int, busy: list[Stay], waiting: list[Stay]) -> None:
    chargers = {f"b{index}": one for index, one in enumerate(busy)}
    found = estimate(NOW, [f"f{index}" for index in range(number)], chargers, waiting)
    assert all(at_ms >= NOW for at_ms in found.free_at_ms.values())
    turns = [found.turn_at_ms[one.id] for one in waiting if one.id in found.turn_at_ms]
    assert turns == sorted(turns)
    assert all(at_ms >= NOW for at_ms in turns)
    reordered = estimate(
        NOW, [f"f{index}" for index in reversed(range(number))], dict(reversed(chargers.items())), waiting
    )
    assert reordered.turn_at_ms == found.turn_at_ms
