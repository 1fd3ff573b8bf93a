import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.scenarios.bound import BoundPanel, BoundSession, LimitStep, offline_bound_kwh
from tests.examples import examples

HOUR = 3600.0
OPEN = [LimitStep(0, 1000)]


def car(arrival_h: float = 0, departure_h: float = 10, energy_kwh: float = 100, max_kw: float = 7) -> BoundSession:
    return BoundSession(arrival_h * HOUR, departure_h * HOUR, energy_kwh, max_kw)


def panel(places: int = 4, limit_kw: float | None = None, place_kw: float = 7) -> BoundPanel:
    return BoundPanel(places, place_kw, limit_kw)


def test_nobody_there() -> None:
    assert offline_bound_kwh([], [panel()], OPEN) == 0
    assert offline_bound_kwh([car(5, 5), car(6, 5)], [panel()], OPEN) == 0


def test_a_car_takes_no_more_than_it_wants() -> None:
    assert offline_bound_kwh([car(energy_kwh=3)], [panel()], OPEN) == pytest.approx(3)


def test_nor_more_than_its_time_allows() -> None:
    assert offline_bound_kwh([car(2, 4)], [panel()], OPEN) == pytest.approx(14)


def test_nor_more_than_the_charger_gives() -> None:
    assert offline_bound_kwh([car(2, 4, max_kw=22)], [panel()], OPEN) == pytest.approx(14)


def test_the_site_limit_holds_at_every_time() -> None:
    steps = [LimitStep(0, 10), LimitStep(1 * HOUR, 4), LimitStep(2 * HOUR, 10)]
    assert offline_bound_kwh([car(0, 3), car(0, 3)], [panel()], steps) == pytest.approx(10 + 4 + 10)


def test_the_order_of_the_limits_does_not_matter() -> None:
    steps = [LimitStep(1 * HOUR, 4), LimitStep(0, 10)]
    assert offline_bound_kwh([car(0, 2), car(0, 2)], [panel()], steps) == pytest.approx(14)


def test_a_limit_that_changes_between_arrivals_counts_from_that_moment() -> None:
    steps = [LimitStep(0, 7), LimitStep(0.25 * HOUR, 0)]
    assert offline_bound_kwh([car(0, 3)], [panel()], steps) == pytest.approx(7 * 0.25)


def test_a_limit_from_before_the_first_arrival_still_holds() -> None:
    assert offline_bound_kwh([car(5, 6)], [panel()], [LimitStep(0, 100), LimitStep(HOUR, 3)]) == pytest.approx(3)


def test_a_panel_limits_what_its_places_give_and_the_others_take_the_rest() -> None:
    sessions = [car(0, 1), car(0, 1)]
    assert offline_bound_kwh(sessions, [panel(limit_kw=4)], OPEN) == pytest.approx(4)
    assert offline_bound_kwh(sessions, [panel(limit_kw=4), panel(places=1)], OPEN) == pytest.approx(11)


def test_places_are_limited_but_may_be_shared_in_time() -> None:
    assert offline_bound_kwh([car(0, 2), car(0, 2), car(0, 2)], [panel(places=1)], OPEN) == pytest.approx(14)
    assert offline_bound_kwh([car(0, 2), car(0, 2), car(0, 2)], [panel(places=2)], OPEN) == pytest.approx(28)


def test_a_car_on_two_panels_is_still_one_car() -> None:
    assert offline_bound_kwh([car(0, 1)], [panel(), panel()], OPEN) == pytest.approx(7)


def test_weak_places_are_filled_by_little_power() -> None:
    weak = [panel(places=1, place_kw=2), panel(places=1, place_kw=7)]
    assert offline_bound_kwh([car(0, 1), car(0, 1)], weak, OPEN) == pytest.approx(9)


def test_foresight_serves_the_one_who_leaves_early_first() -> None:
    sessions = [car(0, 2, energy_kwh=7), car(0, 1, energy_kwh=7)]
    assert offline_bound_kwh(sessions, [panel()], [LimitStep(0, 7)]) == pytest.approx(14)


def test_without_places_nothing_is_given() -> None:
    assert offline_bound_kwh([car()], [panel(places=0)], OPEN) == 0
    assert offline_bound_kwh([car()], [], OPEN) == 0


@pytest.mark.parametrize("steps", [[], [LimitStep(1, 10)]])
def test_an_unknown_site_limit_is_refused(steps: list[LimitStep]) -> None:
    with pytest.raises(ValueError, match="site_limits"):
        offline_bound_kwh([car()], [panel()], steps)


sessions = st.lists(
    st.builds(
        lambda arrival, stay, energy, power: BoundSession(arrival * 600.0, (arrival + stay) * 600.0, energy, power),
        st.integers(0, 20),
        st.integers(0, 20),
        st.floats(0, 30),
        st.floats(1, 11),
    ),
    max_size=8,
)


@settings(max_examples=examples(60), deadline=None)
@given(sessions, st.lists(st.integers(0, 20), min_size=5, max_size=5), st.floats(0, 12))
def test_no_schedule_delivers_more(cars: list[BoundSession], site_kw: list[int], panel_kw: float) -> None:
    """A greedy schedule in steps of ten minutes, with 2 places on a limited panel and 1 on another."""
    panels = [BoundPanel(2, 7, panel_kw), BoundPanel(1, 11)]
    steps = [LimitStep(index * 4800.0, kw) for index, kw in enumerate(site_kw)]
    left_kwh = [one.energy_kwh for one in cars]
    delivered_kwh = 0.0
    for start_s in range(0, 24_000, 600):
        site_left = float(site_kw[min(4, start_s // 4800)])
        there = [one for one in range(len(cars)) if cars[one].arrival_s <= start_s < cars[one].departure_s]
        there.sort(key=lambda one: cars[one].departure_s)
        charging = iter([one for one in there if left_kwh[one] > 0])
        for group in panels:
            group_left = site_left if group.limit_kw is None else min(site_left, group.limit_kw)
            for _, one in zip(range(group.places), charging, strict=False):
                power_kw = min(cars[one].max_kw, group.place_kw, group_left, left_kwh[one] * 6)
                group_left -= power_kw
                site_left -= power_kw
                left_kwh[one] -= power_kw / 6
                delivered_kwh += power_kw / 6
    bound_kwh = offline_bound_kwh(cars, panels, steps)
    assert delivered_kwh <= bound_kwh + 1e-6
    assert bound_kwh <= sum(one.energy_kwh for one in cars) + 1e-6
