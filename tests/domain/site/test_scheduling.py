from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.electrical.grid import Node, Outlet, ancestors
from domain.site.fairness import HALF_SLACK_MS, score
from domain.site.scheduling import HYSTERESIS_PPM, URGENT_MS, PluggedCar, last_to_be_paused_first, schedule, weight_ppm
from tests.examples import examples


def site(limit_a: int) -> dict[str, Node]:
    return {"site": Node("site", None, "site", (limit_a * 1000,) * 3)}


def car(name: str, tier: int = 2, score_ppm: int = 500_000, running: bool = True, **more: int) -> PluggedCar:
    outlet = Outlet(name, "site", (0,), 32_000, 6_000, 230_000)
    weight = more.pop("weight_ppm", weight_ppm(score_ppm, None))
    return PluggedCar(
        name, outlet, tier, score_ppm, weight, more.pop("min_ma", 6_000), more.pop("max_ma", 32_000), running
    )


# --- 1. capacity is reserved for P0, then P1 ------------------------------------------------------------------------


def test_p0_then_p1_take_what_they_can_use_and_p2_has_the_rest() -> None:
    assert schedule(site(70), [car("p2"), car("p1", tier=1), car("p0", tier=0)], {}) == {
        "p0": 32_000,
        "p1": 32_000,
        "p2": 6_000,
    }


def test_p1_has_what_p0_leaves() -> None:
    assert schedule(site(40), [car("p1", tier=1), car("p0", tier=0)], {}) == {"p0": 32_000, "p1": 8_000}


def test_whoever_is_left_with_less_than_6_a_is_paused() -> None:
    assert schedule(site(37), [car("p2", score_ppm=1_000_000), car("p0", tier=0)], {}) == {"p0": 32_000, "p2": 0}


def test_a_marginal_score_does_not_count_against_a_tier() -> None:
    cars = [car("p0", tier=0, score_ppm=0, running=False), car("p2", score_ppm=1_000_000)]
    assert schedule(site(10), cars, {}) == {"p0": 10_000, "p2": 0}


# A standing reserve for P0: of the 100 kW here 7.36 kW, one phase at 32 A


def hub(limit_w: int) -> dict[str, Node]:
    return {"site": Node("site", None, "site", (500_000,) * 3, limit_w)}


FULL_W = 32 * 230


def test_nobody_but_p0_plans_with_the_reserve() -> None:
    cars = [car("p2"), car("p1", tier=1)]
    assert schedule(hub(2 * FULL_W), cars, {}, reserve_w=FULL_W) == {"p1": 32_000, "p2": 0}
    assert schedule(hub(2 * FULL_W), cars, {}) == {"p1": 32_000, "p2": 32_000}


def test_p0_takes_the_reserve_and_the_others_keep_what_they_had() -> None:
    others = [car("a"), car("b")]
    before = schedule(hub(2 * FULL_W), others, {}, reserve_w=FULL_W)
    after = schedule(hub(2 * FULL_W), [*others, car("p0", tier=0)], {}, reserve_w=FULL_W)
    assert after == {**before, "p0": 32_000}
    assert before == {"a": 16_000, "b": 16_000}


def test_what_p0_leaves_of_the_reserve_stays_free() -> None:
    found = schedule(hub(2 * FULL_W), [car("a"), car("p0", tier=0, max_ma=12_000)], {}, reserve_w=FULL_W)
    assert found == {"p0": 12_000, "a": 32_000}


def test_p0_may_have_more_than_the_reserve() -> None:
    cars = [car("a"), car("p0", tier=0), car("q0", tier=0)]
    assert schedule(hub(2 * FULL_W), cars, {}, reserve_w=FULL_W) == {"p0": 32_000, "q0": 32_000, "a": 0}


def test_an_unsteerable_p0_counts_against_the_reserve() -> None:
    p0 = car("p0", tier=0)
    found = schedule(hub(2 * FULL_W), [car("a"), p0], {"p0": (p0.outlet, 32_000)}, reserve_w=FULL_W)
    assert found == {"a": 32_000, "p0": 32_000}


def test_a_reserve_above_the_cap_in_force_leaves_nothing_to_the_others() -> None:
    assert schedule(hub(FULL_W), [car("a"), car("p0", tier=0)], {}, reserve_w=2 * FULL_W) == {"p0": 32_000, "a": 0}


@given(st.integers(0, 40_000), st.integers(0, 40_000), st.lists(st.integers(0, 2), min_size=1, max_size=8))
def test_the_others_never_have_more_than_the_limit_less_the_reserve(limit_w, reserve_w, tiers) -> None:
    cars = [car(str(number), tier=tier) for number, tier in enumerate(tiers)]
    found = schedule(hub(limit_w), cars, {}, reserve_w=reserve_w)
    loads_w = {one.charger_id: one.outlet.power_w(found[one.charger_id]) for one in cars}
    others_w = sum(loads_w[one.charger_id] for one in cars if one.tier != 0)
    assert others_w <= max(0, limit_w - reserve_w)
    assert sum(loads_w.values()) <= limit_w


# --- 2. the others share by weighted max-min ------------------------------------------------------------------------


def test_equal_cars_share_equally() -> None:
    assert schedule(site(48), [car("a"), car("b"), car("c")], {}) == {"a": 16_000, "b": 16_000, "c": 16_000}


def test_the_higher_score_has_the_larger_share() -> None:
    found = schedule(site(30), [car("a", score_ppm=300_000), car("b", score_ppm=600_000)], {})
    assert found == {"b": 20_000, "a": 10_000}


def test_the_car_with_less_slack_has_the_larger_share() -> None:
    tight, easy = weight_ppm(500_000, 0), weight_ppm(500_000, 8 * 3_600_000)
    found = schedule(site(30), [car("easy", weight_ppm=easy), car("tight", weight_ppm=tight)], {})
    assert found == {"tight": 24_000, "easy": 6_000}


def test_fixed_loads_come_first() -> None:
    other = Outlet("offline", "site", (0,), 32_000, 6_000, 230_000)
    assert schedule(site(40), [car("p0", tier=0), car("a")], {"offline": (other, 16_000)}) == {"p0": 24_000, "a": 0}


def test_a_charger_that_cannot_be_steered_keeps_its_load_and_is_counted_once() -> None:
    stuck = car("stuck", tier=0)
    assert schedule(site(40), [stuck, car("a")], {"stuck": (stuck.outlet, 30_000)}) == {"a": 10_000, "stuck": 30_000}


def test_nobody_there() -> None:
    assert schedule(site(40), [], {}) == {}


# --- 3. too little: the lowest scores are throttled, then paused, first ---------------------------------------------


def test_the_lowest_score_is_paused_first_and_the_highest_last() -> None:
    cars = [car("low", score_ppm=100_000), car("mid", score_ppm=500_000), car("high", score_ppm=900_000)]
    paused = [{one for one, ma in schedule(site(amps), cars, {}).items() if ma == 0} for amps in (18, 17, 11, 5)]
    assert paused == [set(), {"low"}, {"low", "mid"}, {"low", "mid", "high"}]


def test_a_marginally_higher_score_does_not_pause_a_charging_car() -> None:
    charging = car("charging", score_ppm=500_000)
    marginal = car("marginal", score_ppm=500_000 + HYSTERESIS_PPM - 1, running=False)
    assert schedule(site(11), [marginal, charging], {}) == {"charging": 11_000, "marginal": 0}


def test_a_clearly_higher_score_does() -> None:
    charging = car("charging", score_ppm=500_000)
    clear = car("clear", score_ppm=500_000 + HYSTERESIS_PPM + 1, running=False)
    assert schedule(site(11), [charging, clear], {}) == {"clear": 11_000, "charging": 0}


def test_without_hysteresis_the_score_alone_decides() -> None:
    cars = [car("charging"), car("waiting", score_ppm=500_001, running=False)]
    assert schedule(site(11), cars, {}, hysteresis_ppm=0) == {"waiting": 11_000, "charging": 0}


def test_equal_scores_are_ordered_by_charger() -> None:
    assert [one.charger_id for one in last_to_be_paused_first([car("b"), car("a")], 0)] == ["a", "b"]


def test_the_left_out_rotate_because_waiting_raises_their_score() -> None:
    """Given four like cars where three fit, when the schedule is made anew each minute, then all are paused alike."""
    paused_minutes = dict.fromkeys("abcd", 0)
    running = dict.fromkeys("abcd", False)
    pauses = 0
    for _ in range(8 * 60):
        cars = []
        for name, minutes in paused_minutes.items():
            worth = score(received_mwh=None, mean_received_mwh=None, waited_ms=minutes * 60_000, laxity_ms=None)
            cars.append(car(name, score_ppm=worth.total_ppm, running=running[name]))
        found = schedule(site(20), cars, {})
        for name, target_ma in found.items():
            pauses += running[name] and target_ma == 0
            running[name] = target_ma > 0
            paused_minutes[name] += target_ma == 0
    assert sum(paused_minutes.values()) == 8 * 60
    assert max(paused_minutes.values()) - min(paused_minutes.values()) < 90
    assert pauses <= 24


# --- weights --------------------------------------------------------------------------------------------------------


def test_the_weight_is_the_score_lowered_by_slack() -> None:
    assert weight_ppm(600_000, 0) == 600_000
    assert weight_ppm(600_000, -5) == 600_000
    assert weight_ppm(600_000, URGENT_MS) == 300_000
    assert weight_ppm(600_000, None) == weight_ppm(600_000, HALF_SLACK_MS)


@given(st.integers(0, 1_000_000), st.integers(0, 10**10), st.integers(0, 1_000_000), st.integers(0, 10**10))
def test_weights_stay_in_range_rise_with_the_score_and_fall_with_slack(
    score_ppm: int, laxity: int, more_ppm: int, more_ms: int
) -> None:
    weight = weight_ppm(score_ppm, laxity)
    assert 1 <= weight <= 1_000_000
    assert weight_ppm(min(1_000_000, score_ppm + more_ppm), laxity) >= weight
    assert weight_ppm(score_ppm, laxity + more_ms) <= weight


# --- what holds for every site --------------------------------------------------------------------------------------


@st.composite
def cars_on(draw: st.DrawFn, nodes: tuple[str, ...]) -> list[PluggedCar]:
    def one(index: int) -> PluggedCar:
        phases = draw(st.sampled_from([(0,), (1,), (2,), (0, 1, 2)]))
        outlet = Outlet(f"c{index:02}", draw(st.sampled_from(nodes)), phases, 32_000, 6_000, 230_000)
        score_ppm = draw(st.integers(0, 1_000_000))
        weight = weight_ppm(score_ppm, draw(st.none() | st.integers(-(10**7), 10**8)))
        max_ma = draw(st.integers(6_000, 32_000))
        return PluggedCar(
            outlet.id, outlet, draw(st.integers(0, 2)), score_ppm, weight, 6_000, max_ma, draw(st.booleans())
        )

    return [one(index) for index in range(draw(st.integers(1, 10)))]


NODES = ("site", "p1", "p2")


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Node]:
    panels = {
        name: Node(name, "site", "panel", draw(st.none() | st.tuples(*[st.integers(0, 64_000)] * 3)))
        for name in NODES[1:]
    }
    return {"site": Node("site", None, "site", None, draw(st.integers(0, 60_000)))} | panels


def within_limits(nodes: dict[str, Node], cars: list[PluggedCar], targets: dict[str, int]) -> bool:
    for node in nodes.values():
        below = [one for one in cars if node.id in ancestors(nodes, one.outlet.node)]
        for phase in range(3):
            current_ma = sum(targets[one.charger_id] for one in below if phase in one.outlet.phases)
            if node.limit_ma is not None and current_ma > node.limit_ma[phase]:
                return False
        power_w = sum(one.outlet.power_w(targets[one.charger_id]) for one in below)
        if node.limit_w is not None and power_w > node.limit_w:
            return False
    return True


@settings(max_examples=examples(80), deadline=None)
@given(trees(), cars_on(NODES))
def test_limits_hold_nobody_gets_less_than_6_a_and_who_is_paused_does_not_fit(
    nodes: dict[str, Node], cars: list[PluggedCar]
) -> None:
    targets = schedule(nodes, cars, {})
    assert set(targets) == {one.charger_id for one in cars}
    assert within_limits(nodes, cars, targets)
    for one in cars:
        target_ma = targets[one.charger_id]
        assert target_ma == 0 or 6_000 <= target_ma <= one.max_ma
        if target_ma == 0:
            assert not within_limits(nodes, cars, targets | {one.charger_id: 6_000})


@settings(max_examples=examples(50), deadline=None)
@given(trees(), cars_on(NODES))
def test_a_lower_tier_never_changes_what_a_higher_one_gets(nodes: dict[str, Node], cars: list[PluggedCar]) -> None:
    targets = schedule(nodes, cars, {})
    for tier in (0, 1):
        alone = schedule(nodes, [one for one in cars if one.tier <= tier], {})
        assert alone == {one.charger_id: targets[one.charger_id] for one in cars if one.tier <= tier}


@settings(max_examples=examples(50), deadline=None)
@given(trees(), cars_on(("p1",)))
def test_on_one_phase_of_one_node_nobody_is_paused_before_a_lower_score(
    nodes: dict[str, Node], cars: list[PluggedCar]
) -> None:
    alike = [replace(one, tier=2, outlet=replace(one.outlet, phases=(0,)), running=True) for one in cars]
    targets = schedule(nodes, alike, {})
    charging = [one.score_ppm for one in alike if targets[one.charger_id] > 0]
    paused = [one.score_ppm for one in alike if targets[one.charger_id] == 0]
    assert not charging or not paused or min(charging) >= max(paused)


@settings(max_examples=examples(50), deadline=None)
@given(trees(), cars_on(NODES), st.randoms(use_true_random=False))
def test_the_order_in_which_cars_are_named_does_not_matter(
    nodes: dict[str, Node], cars: list[PluggedCar], shuffler: object
) -> None:
    shuffled = list(cars)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    assert list(schedule(nodes, shuffled, {}).items()) == list(schedule(nodes, cars, {}).items())


def test_steps_may_be_finer() -> None:
    assert schedule(site(15), [car("a"), car("b")], {}, step_ma=100) == {"a": 7_500, "b": 7_500}


@pytest.mark.parametrize("amps", range(45))
def test_every_amp_is_used_once_somebody_can_charge(amps: int) -> None:
    total_ma = sum(schedule(site(amps), [car("a"), car("b", max_ma=12_000)], {}).values())
    assert total_ma == (amps * 1000 if 6 <= amps <= 44 else 0)
