import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.charger.battery import Car
from tests.simulators.charger.coupled import a_car

HOUR_MS = 3_600_000


def run(car: Car, from_ms: int, to_ms: int) -> None:
    """As the world does it: in one go while steady, else in steps of 1 s."""
    while from_ms < to_ms:
        steady_ms = car.steady_until_ms(from_ms)
        next_ms = min(to_ms, steady_ms if steady_ms > from_ms else from_ms + 1000)
        car.charge(from_ms, next_ms)
        from_ms = next_ms


def test_below_the_knee_it_draws_what_the_pilot_says():
    car = a_car(level=0.2)
    car.follow(16, 0)
    assert car.current_a(10_000) == 16
    run(car, 10_000, 10_000 + HOUR_MS)
    assert car.delivered_wh == pytest.approx(16 * 208)


def test_a_pilot_above_what_the_car_can_take_is_no_more_than_that():
    car = a_car(max_current_a=16)
    car.follow(32, 0)
    assert car.current_a(10_000) == 16


def test_a_pilot_below_6_a_is_none():
    car = a_car()
    car.follow(5.9, 0)
    assert car.current_a(10_000) == 0
    car.follow(6.0, 10_000)
    assert car.current_a(20_000) == 6


def test_it_follows_a_change_linearly_within_its_reaction_time():
    car = a_car(reaction_s=4)
    car.follow(16, 0)
    car.follow(8, 10_000)
    assert [car.current_a(10_000 + ms) for ms in (0, 1000, 2000, 4000)] == [16, 14, 12, 8]


def test_a_change_of_mind_while_it_follows_starts_from_where_it_is():
    car = a_car(reaction_s=4)
    car.follow(16, 0)
    car.follow(8, 2000)
    assert car.current_a(2000) == 8
    assert car.current_a(6000) == 8


def test_nobody_reacts_slower_than_5_s():
    with pytest.raises(ValueError, match="reaction_s"):
        a_car(reaction_s=5.1)


def test_an_open_contactor_stops_it_at_once():
    car = a_car(reaction_s=5)
    car.follow(32, 0)
    car.cut(60_000)
    assert car.current_a(60_000) == 0


def test_above_the_knee_it_tapers_linearly_to_nothing():
    assert a_car(level=0.8).accepted_a == pytest.approx(32)
    assert a_car(level=0.9).accepted_a == pytest.approx(16)
    assert a_car(level=0.95).accepted_a == pytest.approx(8)


def test_a_taper_below_the_pilot_is_changing_one_above_it_is_steady():
    car = a_car(level=0.9)
    car.follow(12, 0)
    assert car.steady_until_ms(10_000) > 10_000
    car.follow(20, 10_000)
    assert car.steady_until_ms(20_000) == 20_000


def test_the_taper_follows_its_exponential():
    """dE/dt = P (1 - level) / (1 - knee): what is missing to full decays with the time constant (1 - knee) B / P."""
    car = a_car(battery_kwh=50, level=0.85, target=1.0)
    car.follow(32, 0)
    run(car, 10_000, 10_000 + HOUR_MS // 2)
    missing = 0.15 * 2.718281828459045 ** (-0.5 * 32 * 208 / (0.2 * 50_000))
    assert car.level == pytest.approx(1 - missing, abs=1e-4)


def test_it_stops_at_its_target():
    car = a_car(battery_kwh=50, level=0.2, target=0.3)
    car.follow(32, 0)
    run(car, 0, 10 * HOUR_MS)
    assert car.full
    assert car.current_a(10 * HOUR_MS) == 0
    assert car.delivered_wh == pytest.approx(5000)


def test_a_full_charge_ends_when_the_taper_has_run_out():
    car = a_car(battery_kwh=20, level=0.7)
    car.follow(32, 0)
    run(car, 0, 24 * HOUR_MS)
    assert car.full
    assert 0.99 < car.level < 1


def test_levels_must_be_ordered():
    with pytest.raises(ValueError, match="level"):
        Car(50, 0.9, target=0.8)


@given(
    level=st.floats(0, 0.95),
    pilots=st.lists(st.tuples(st.floats(0, 40), st.integers(1, 7_200)), min_size=1, max_size=6),
    reaction_s=st.floats(0, 5),
)
def test_it_never_draws_more_than_pilot_and_battery_allow_nor_beyond_its_target(level, pilots, reaction_s):
    car = a_car(battery_kwh=30, level=level, target=0.95, reaction_s=reaction_s)
    now_ms = 0
    for pilot_a, seconds in pilots:
        before_a = car.current_a(now_ms)
        car.follow(pilot_a, now_ms)
        end_ms = now_ms + seconds * 1000
        while now_ms < end_ms:
            settled = now_ms - (end_ms - seconds * 1000) >= reaction_s * 1000
            allowed_a = (pilot_a if pilot_a >= 6 else 0) if settled else max(before_a, pilot_a)
            assert car.current_a(now_ms) <= min(allowed_a, car.accepted_a) + 1e-9
            steady_ms = car.steady_until_ms(now_ms)
            next_ms = min(end_ms, steady_ms if steady_ms > now_ms else now_ms + 1000)
            car.charge(now_ms, next_ms)
            now_ms = next_ms
    assert car.level <= 0.95 + 1e-9
