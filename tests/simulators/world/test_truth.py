import pytest

from simulators.world.truth import Cap, Node, Truth, Wires


def truth(limit_kw=10.0, panel_a=(20.0, 20.0, 20.0)) -> Truth:
    return Truth(
        [Node("site", None, "site", limit_kw=limit_kw), Node("panel", "site", "panel", limit_a=panel_a)],
        [
            Wires("a", "panel", ("L1",), 200.0),
            Wires("b", "panel", ("L2",), 200.0),
            Wires("c", "site", ("L1", "L2", "L3"), 200.0),
        ],
    )


def test_load_is_summed_over_chargers_and_phases():
    measured = truth()
    measured.record({"a": (10.0,), "c": (5.0,) * 3}, 0, 1000)
    assert measured.load_kw == measured.peak_kw == pytest.approx(2 + 3)
    measured.record({"a": (1.0,)}, 1000, 2000)
    assert measured.load_kw == pytest.approx(0.2)
    assert measured.peak_kw == pytest.approx(5)


def test_at_the_limit_is_not_over_it():
    measured = truth(limit_kw=4)
    measured.record({"a": (20.0,)}, 0, 5000)
    assert measured.overload_s == 0


def test_every_second_above_any_limit_counts_once():
    measured = truth(limit_kw=4)
    measured.record({"a": (20.001,)}, 0, 1500)
    measured.record({"a": (20.0,)}, 1500, 2000)
    measured.record({"a": (20.001,)}, 2000, 2001)
    measured.record({"a": (20.001,)}, 2001, 2999)
    assert measured.overload_s == 3
    assert measured.node_overload_s == {"site": 3, "panel": 3}


def test_phases_are_limited_one_by_one():
    measured = truth(limit_kw=100)
    measured.record({"a": (20.0,), "b": (20.0,)}, 0, 1000)
    assert measured.overload_s == 0
    measured.record({"a": (21.0,)}, 1000, 2000)
    assert measured.node_overload_s == {"site": 0, "panel": 1}


def test_a_phase_of_a_three_phase_charger_adds_to_its_neighbours():
    measured = Truth(
        [Node("site", None, "site", limit_kw=100, limit_a=(25.0, 25.0, 25.0))],
        [Wires("a", "site", ("L2",), 200.0), Wires("c", "site", ("L1", "L2", "L3"), 200.0)],
    )
    measured.record({"a": (10.0,), "c": (16.0,) * 3}, 0, 1000)
    assert measured.overload_s == 1


def test_a_cap_counts_from_when_it_is_promised_until_it_ends():
    measured = truth(limit_kw=10)
    measured.announce(Cap(2.0, starts_ms=1000, holds_from_ms=3000, ends_ms=5000))
    for second in range(7):
        measured.record({"a": (15.0,)}, second * 1000, second * 1000 + 1000)
    assert measured.overload_s == 2
    assert [measured.cap_kw(ms) for ms in (2999, 3000, 4999, 5000)] == [10, 2, 2, 10]


def test_the_lag_of_a_cap_is_from_its_start_until_the_load_stays_below_it():
    measured = truth()
    measured.announce(Cap(2.0, starts_ms=1000, holds_from_ms=9000, ends_ms=20_000))
    measured.record({"a": (15.0,)}, 0, 3000)
    measured.record({"a": (9.0,)}, 3000, 4000)
    measured.record({"a": (11.0,)}, 4000, 6500)
    measured.record({"a": (10.0,)}, 6500, 20_000)
    measured.record({"a": (15.0,)}, 20_000, 21_000)
    assert measured.cap_lag_s_max == 5.5
    assert measured.overload_s == 0


def test_a_cap_that_was_never_exceeded_has_no_lag():
    measured = truth()
    measured.announce(Cap(2.0, starts_ms=1000, holds_from_ms=1000, ends_ms=None))
    measured.record({"a": (10.0,)}, 0, 9000)
    assert measured.cap_lag_s_max == 0


def test_edges_of_caps_are_told_ahead():
    measured = truth()
    assert measured.next_change_ms(0) is None
    measured.announce(Cap(2.0, starts_ms=1000, holds_from_ms=3000, ends_ms=5000))
    assert [measured.next_change_ms(ms) for ms in (0, 1000, 3000, 5000)] == [1000, 3000, 5000, None]


def test_the_highest_load_of_a_window_is_kept_until_asked():
    measured = truth()
    measured.record({"a": (15.0,)}, 0, 1000)
    measured.record({"a": (10.0,)}, 1000, 2000)
    assert measured.take_window_kw() == 3
    assert measured.take_window_kw() == 2


def test_an_overload_without_a_pause_is_one_episode():
    measured = truth(limit_kw=4)
    for from_ms, to_ms, current_a in (
        (0, 1_500, 21.0),
        (1_500, 4_000, 22.0),
        (4_000, 5_000, 1.0),
        (5_000, 5_250, 21.0),
    ):
        measured.record({"a": (current_a,)}, from_ms, to_ms)
    assert measured.episodes_s() == [4.0, 0.25]


def test_a_car_that_uses_one_phase_loads_that_one_alone():
    measured = Truth(
        [Node("site", None, "site", limit_kw=100, limit_a=(25.0, 25.0, 25.0))],
        [Wires("c", "site", ("L2", "L3", "L1"), 200.0)],
    )
    measured.record({"c": (20.0, 0.0, 0.0)}, 0, 1000)
    assert measured.load_kw == pytest.approx(4)
    measured.record({"c": (26.0, 0.0, 0.0)}, 1000, 2000)
    assert measured.overload_s == 1
