import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.electrical.grid import Node, Outlet
from domain.site.queue import SCARCE, QueueEntry, choose_charger, place, rank, required_w
from tests.examples import examples


def test_the_tier_comes_before_the_score_the_score_before_the_time_and_ids_break_ties() -> None:
    expected = [
        QueueEntry("p0", 0, 1, 900),
        QueueEntry("p1", 1, 1, 900),
        QueueEntry("high", 2, 800, 900),
        QueueEntry("early", 2, 500, 100),
        QueueEntry("a", 2, 500, 200),
        QueueEntry("b", 2, 500, 200),
    ]
    assert rank(reversed(expected)) == expected


waiting_cars = st.lists(
    st.builds(QueueEntry, st.uuids().map(str), st.integers(0, 2), st.integers(0, 5), st.integers(0, 5)),
    unique_by=lambda one: one.id,
)


@given(waiting_cars, st.integers())
def test_the_order_does_not_depend_on_who_is_named_first(waiting: list[QueueEntry], seed: int) -> None:
    shuffled = list(waiting)
    random.Random(seed).shuffle(shuffled)
    assert rank(shuffled) == rank(waiting)
    assert sorted(place(one.id, rank(waiting)) for one in waiting) == list(range(1, len(waiting) + 1))


def test_who_passes_and_comes_back_has_her_place_again() -> None:
    first, second, third = QueueEntry("a", 2, 5, 1), QueueEntry("b", 2, 5, 2), QueueEntry("c", 2, 5, 3)
    assert rank([third, second]) == [second, third]
    assert place("a", rank([third, second, first])) == 1


def test_a_place_is_only_known_for_who_waits() -> None:
    with pytest.raises(ValueError):
        place("nobody", [QueueEntry("a", 2, 1, 1)])


# --- which charger ----------------------------------------------------------------------------------------------------

NODES = {
    "site": Node("site", None, "site", None, 40_000),
    "tight": Node("tight", "site", "panel", (20_000,) * 3),
    "roomy": Node("roomy", "site", "panel", (128_000,) * 3),
}


def chargers(node: str, number: int) -> list[Outlet]:
    return [Outlet(f"{node}{index}", node, (0,), 32_000, 6_000, 208_000) for index in range(number)]


TIGHT, ROOMY = chargers("tight", 4), chargers("roomy", 8)


def test_a_car_is_sent_where_it_can_have_the_most() -> None:
    assert choose_charger([*TIGHT, *ROOMY], NODES, required_w=100) == "roomy0"


def test_a_panel_that_others_use_has_less_to_give() -> None:
    full = {**NODES, "roomy": Node("roomy", "site", "panel", (40_000,) * 3)}
    assert choose_charger([*TIGHT, *ROOMY[5:]], full, ROOMY[:1]) == "roomy5"
    assert choose_charger([*TIGHT, *ROOMY[5:]], full, ROOMY[:2]) == "tight0"


def test_the_last_roomy_chargers_are_kept_for_larger_needs() -> None:
    few = [*TIGHT, *ROOMY[:SCARCE]]
    assert choose_charger(few, NODES, required_w=2_080) == "tight0"
    assert choose_charger(few, NODES, required_w=2_081) == "roomy0"
    assert choose_charger([*TIGHT, *ROOMY[: SCARCE + 1]], NODES, required_w=2_080) == "roomy0"


def test_a_crowded_panel_suffices_for_less() -> None:
    few = [*TIGHT[1:], ROOMY[0]]
    assert choose_charger(few, NODES, TIGHT[:1], required_w=1_040) == "tight1"
    assert choose_charger(few, NODES, TIGHT[:1], required_w=1_041) == "roomy0"


def test_a_share_below_the_minimum_suffices_for_nothing() -> None:
    assert choose_charger([TIGHT[3], ROOMY[0]], NODES, TIGHT[:3], required_w=1) == "roomy0"


def test_an_unknown_need_counts_as_a_large_one() -> None:
    assert choose_charger([*TIGHT, ROOMY[0]], NODES) == "roomy0"


def test_a_car_that_cannot_use_more_leaves_the_roomy_chargers_to_others() -> None:
    assert choose_charger([*TIGHT, *ROOMY], NODES, most_ma=16_000) == "tight0"


def test_three_phases_are_more_power() -> None:
    three = Outlet("three", "roomy", (0, 1, 2), 16_000, 6_000, 230_000)
    assert choose_charger([ROOMY[0], three], NODES) == "three"


def test_a_limit_in_watts_counts_as_well() -> None:
    weak = {**NODES, "roomy": Node("roomy", "site", "panel", None, 4_159)}
    assert choose_charger([TIGHT[0], ROOMY[0]], weak) == "tight0"


def test_the_limit_above_all_makes_no_difference() -> None:
    low = {**NODES, "site": Node("site", None, "site", None, 2_000)}
    assert choose_charger([Outlet("a", "tight", (0,), 32_000, 6_000, 208_000), ROOMY[0]], low) == "roomy0"


def test_where_none_is_free_none_can_be_chosen() -> None:
    with pytest.raises(ValueError, match="no charger"):
        choose_charger([], NODES)


@settings(max_examples=examples(50))
@given(st.permutations([*TIGHT, *ROOMY]), st.integers(1, 12), st.none() | st.integers(0, 7_000))
def test_one_of_the_free_ones_is_chosen_whatever_their_order(
    free: list[Outlet], number: int, needed_w: int | None
) -> None:
    some, others = free[:number], free[number:]
    chosen = choose_charger(some, NODES, others, required_w=needed_w)
    assert chosen in {one.id for one in some}
    assert chosen == choose_charger(some[::-1], NODES, others[::-1], required_w=needed_w)


def test_the_required_power_is_the_mean_until_departure() -> None:
    assert required_w(6_000, 1_000, 1_000 + 2 * 3_600_000) == 3_000
    assert required_w(1, 0, 7 * 3_600_000) == 1
    assert required_w(0, 0, 1) == 0


@pytest.mark.parametrize(("need_wh", "depart_ms"), [(None, 10), (10, None), (10, 5), (10, 4)])
def test_the_required_power_is_unknown_where_a_part_is_or_no_time_is_left(
    need_wh: int | None, depart_ms: int | None
) -> None:
    assert required_w(need_wh, 5, depart_ms) is None
