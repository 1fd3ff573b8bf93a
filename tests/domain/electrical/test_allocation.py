from dataclasses import replace

import highspy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.electrical.allocation import Claim, allocate
from domain.electrical.grid import Node, Outlet, ancestors
from tests.examples import examples

UNLIMITED = (10**9, 10**9, 10**9)


def site(limit_a: int | None = None, limit_w: int | None = None) -> dict[str, Node]:
    limit_ma = None if limit_a is None else (limit_a * 1000,) * 3
    return {"site": Node("site", None, "site", limit_ma, limit_w)}


def outlet(name: str, phases: tuple[int, ...] = (0,), node: str = "site", voltage_mv: int = 230_000) -> Outlet:
    return Outlet(name, node, phases, 32_000, 6_000, voltage_mv)


def claim(name: str, phases: tuple[int, ...] = (0,), node: str = "site", max_ma: int = 32_000, **more: int) -> Claim:
    return Claim(name, outlet(name, phases, node), more.pop("min_ma", 6_000), max_ma, **more)


def test_where_everything_fits_everybody_has_the_maximum() -> None:
    assert allocate(site(200), [claim("a"), claim("b", max_ma=16_000)], {}) == {"a": 32_000, "b": 16_000}


def test_equal_claims_share_equally_and_the_earlier_one_has_the_odd_amp() -> None:
    assert allocate(site(25), [claim("b"), claim("a")], {}) == {"b": 13_000, "a": 12_000}


def test_what_one_cannot_use_goes_to_the_others() -> None:
    assert allocate(site(40), [claim("a", max_ma=8_000), claim("b"), claim("c")], {}) == {
        "a": 8_000,
        "b": 16_000,
        "c": 16_000,
    }


def test_shares_follow_the_weights() -> None:
    claims = [claim("a", weight_ppm=250_000), claim("b", weight_ppm=500_000)]
    assert allocate(site(30), claims, {}) == {"a": 10_000, "b": 20_000}


def test_a_low_weight_is_throttled_to_its_minimum_and_not_below() -> None:
    claims = [claim("a", weight_ppm=1), claim("b", weight_ppm=1_000_000)]
    assert allocate(site(30), claims, {}) == {"a": 6_000, "b": 24_000}


def test_those_who_cannot_have_their_minimum_get_nothing_in_the_order_given() -> None:
    claims = [claim("a"), claim("b"), claim("c"), claim("d")]
    assert allocate(site(20), claims, {}) == {"a": 7_000, "b": 7_000, "c": 6_000, "d": 0}


def test_a_later_claim_fits_where_an_earlier_one_did_not() -> None:
    claims = [claim("a", max_ma=13_000), claim("big", min_ma=10_000), claim("small")]
    assert allocate(site(15), claims, {}) == {"a": 8_000, "big": 0, "small": 7_000}


def test_one_and_three_phase_cars_share_each_phase() -> None:
    # L2 is shared by three, so 10 A each; what the three-phase car leaves on L1 is b's.
    claims = [claim("three", (0, 1, 2)), claim("b", (0,)), claim("c", (1,)), claim("d", (1,))]
    assert allocate(site(30), claims, {}) == {"three": 10_000, "b": 20_000, "c": 10_000, "d": 10_000}


def test_a_car_frozen_by_its_panel_leaves_the_rest_of_the_site_to_others() -> None:
    nodes = site(limit_w=9_200) | {"panel": Node("panel", "site", "panel", (16_000,) * 3)}
    claims = [claim("a", node="panel"), claim("b", node="panel"), claim("c")]
    assert allocate(nodes, claims, {}) == {"a": 8_000, "b": 8_000, "c": 24_000}


def test_power_counts_every_phase() -> None:
    assert allocate(site(limit_w=3 * 230 * 10), [claim("a", (0, 1, 2))], {}) == {"a": 10_000}


def test_power_is_rounded_up_for_each_car_so_that_the_sum_is_never_understated() -> None:
    # 6 A at 229.9 V are 1379.4 W: counted as 1380 W each.
    claims = [replace(claim(name, max_ma=6_000), outlet=outlet(name, voltage_mv=229_900)) for name in "ab"]
    assert allocate(site(limit_w=2_759), claims, {}) == {"a": 6_000, "b": 0}
    assert allocate(site(limit_w=2_760), claims, {}) == {"a": 6_000, "b": 6_000}


def test_fixed_loads_come_first() -> None:
    assert allocate(site(30), [claim("a")], {"f": (outlet("f"), 20_000)}) == {"a": 10_000}
    assert allocate(site(30, 30 * 230), [claim("a")], {"f": (outlet("f", (1,)), 20_000)}) == {"a": 10_000}


def test_fixed_loads_above_the_limit_leave_nothing() -> None:
    assert allocate(site(30), [claim("a")], {"f": (outlet("f"), 31_000)}) == {"a": 0}


def test_a_maximum_between_two_steps_counts_as_the_lower_one_and_a_minimum_as_the_higher_one() -> None:
    assert allocate(site(100), [claim("a", max_ma=15_500)], {}) == {"a": 15_000}
    assert allocate(site(6), [claim("a", min_ma=5_500)], {}) == {"a": 6_000}
    assert allocate(site(100), [claim("a", min_ma=6_100, max_ma=6_900)], {}) == {"a": 0}
    assert allocate(site(100), [claim("a", max_ma=5_000)], {}) == {"a": 0}


def test_no_claims_no_currents() -> None:
    assert allocate(site(10), [], {}) == {}


@pytest.mark.parametrize("weight_ppm", [0, -1, 1_000_001])
def test_a_weight_out_of_range_is_refused(weight_ppm: int) -> None:
    with pytest.raises(ValueError, match="weight_ppm of a"):
        claim("a", weight_ppm=weight_ppm)


# --- what holds for every tree -----------------------------------------------------------------------------------

amps = st.integers(0, 80_000)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Node]:
    def node(name: str, parent: str | None) -> Node:
        limit_ma = draw(st.none() | st.tuples(amps, amps, amps))
        return Node(name, parent, "panel", limit_ma, draw(st.none() | st.integers(0, 60_000)))

    return {"site": node("site", None), "p1": node("p1", "site"), "p2": node("p2", "site"), "c": node("c", "p1")}


phases = st.sampled_from([(0,), (1,), (2,), (0, 1, 2), (0, 2)])


@st.composite
def outlets(draw: st.DrawFn, name: str) -> Outlet:
    node = draw(st.sampled_from(["site", "p1", "p2", "c"]))
    return Outlet(name, node, draw(phases), 32_000, 6_000, draw(st.sampled_from([230_000, 208_000, 239_777])))


@st.composite
def claim_lists(draw: st.DrawFn, most: int = 8) -> list[Claim]:
    number = draw(st.integers(1, most))
    return [
        Claim(
            f"c{index}",
            draw(outlets(f"c{index}")),
            draw(st.sampled_from([0, 6_000, 6_000, 10_000])),
            draw(st.integers(5_000, 32_000)),
            draw(st.integers(1, 1_000_000) | st.just(1_000_000)),
        )
        for index in range(number)
    ]


@st.composite
def fixed_loads(draw: st.DrawFn) -> dict[str, tuple[Outlet, int]]:
    return {
        f"f{index}": (draw(outlets(f"f{index}")), draw(st.integers(0, 16_000)))
        for index in range(draw(st.integers(0, 2)))
    }


def exceeded(nodes: dict[str, Node], loads: list[tuple[Outlet, int]]) -> set[str]:
    """The nodes whose limits a set of loads does not respect, summed up naively."""
    broken = set()
    for node in nodes.values():
        below = [(one, ma) for one, ma in loads if node.id in ancestors(nodes, one.node)]
        for phase in range(3):
            if node.limit_ma is not None and sum(ma for one, ma in below if phase in one.phases) > node.limit_ma[phase]:
                broken.add(node.id)
        if node.limit_w is not None and sum(one.power_w(ma) for one, ma in below) > node.limit_w:
            broken.add(node.id)
    return broken


@settings(max_examples=examples(100), deadline=None)
@given(trees(), claim_lists(), fixed_loads())
def test_no_limit_is_exceeded_and_no_step_could_be_added(
    nodes: dict[str, Node], claims: list[Claim], fixed: dict[str, tuple[Outlet, int]]
) -> None:
    found = allocate(nodes, claims, fixed)

    def loads(changed: dict[str, int]) -> list[tuple[Outlet, int]]:
        return [*fixed.values(), *((one.outlet, changed[one.id]) for one in claims)]

    beyond_help = exceeded(nodes, list(fixed.values()))
    assert exceeded(nodes, loads(found)) == beyond_help
    for one in claims:
        current_ma = found[one.id]
        assert current_ma == 0 or one.min_ma <= current_ma <= one.max_ma
        assert current_ma % 1000 == 0
        more_ma = current_ma + 1000 if current_ma else max(1000, -(-one.min_ma // 1000) * 1000)
        if more_ma <= one.max_ma:
            assert exceeded(nodes, loads(found | {one.id: more_ma}))


@settings(max_examples=examples(50), deadline=None)
@given(trees(), claim_lists(), fixed_loads())
def test_the_same_claims_get_the_same_currents(
    nodes: dict[str, Node], claims: list[Claim], fixed: dict[str, tuple[Outlet, int]]
) -> None:
    reordered_nodes = dict(reversed(nodes.items()))
    reordered_fixed = dict(reversed(fixed.items()))
    assert list(allocate(nodes, claims, fixed).items()) == list(
        allocate(reordered_nodes, claims, reordered_fixed).items()
    )


FINE_MA = 10


@settings(max_examples=examples(60), deadline=None)
@given(trees(), claim_lists(most=5))
def test_in_fine_steps_it_is_the_max_min_fair_share_of_a_linear_program(
    nodes: dict[str, Node], claims: list[Claim]
) -> None:
    # Weights within a factor of 20: a heavier claim may gain the rounding of the lighter ones only in proportion.
    claims = [replace(one, weight_ppm=max(50_000, one.weight_ppm)) for one in claims]
    found = allocate(nodes, claims, {}, step_ma=FINE_MA)
    admitted = [one for one in claims if found[one.id] >= max(1, one.min_ma)]
    expected = max_min_by_linear_programs(nodes, admitted)
    for one in admitted:
        assert found[one.id] == pytest.approx(expected[one.id], abs=2 * FINE_MA * len(claims))


def max_min_by_linear_programs(nodes: dict[str, Node], claims: list[Claim]) -> dict[str, float]:
    """Weighted max-min by definition: raise the level, hold who can have no more, repeat."""
    held: dict[str, float] = {}
    while len(held) < len(claims):
        level = _best(nodes, claims, held, None, 0.0)["level"]
        floor = {one.id: max(one.min_ma / 1000, level * one.weight_ppm / 1e6) for one in claims}
        floor = {name: min(ampere, _max_a(claims, name)) for name, ampere in floor.items()}
        stuck = [
            one.id
            for one in claims
            if one.id not in held
            and (
                floor[one.id] >= one.max_ma / 1000 - 1e-6
                or _best(nodes, claims, held, one.id, level)[one.id] <= floor[one.id] + 1e-6
            )
        ]
        assert stuck
        held |= {name: floor[name] for name in stuck}
    return {name: ampere * 1000 for name, ampere in held.items()}


def _max_a(claims: list[Claim], name: str) -> float:
    return next(one.max_ma / 1000 for one in claims if one.id == name)


def _best(
    nodes: dict[str, Node], claims: list[Claim], held: dict[str, float], wanted: str | None, level: float
) -> dict[str, float]:
    """Maximise the common level, or the current of `wanted` while everybody else keeps at least `level`."""
    solver = highspy.Highs()
    solver.silent()
    slack = 1e-7
    top = solver.addVariable(0, 1e6 if wanted is None else level)
    currents = {}
    for one in claims:
        if one.id in held:
            low, high = held[one.id] - slack, held[one.id]
        else:
            low, high = one.min_ma / 1000, one.max_ma / 1000
        if wanted is not None and one.id not in held and one.id != wanted:
            low = max(low, min(high, level * one.weight_ppm / 1e6) - slack)
        currents[one.id] = solver.addVariable(low, high)
    for node in nodes.values():
        below = [one for one in claims if node.id in ancestors(nodes, one.outlet.node)]
        for phase in range(3):
            on_phase = [currents[one.id] for one in below if phase in one.outlet.phases]
            if node.limit_ma is not None and on_phase:
                solver.addConstr(sum(on_phase) <= node.limit_ma[phase] / 1000)
        if node.limit_w is not None and below:
            power = sum(currents[one.id] * (one.outlet.voltage_mv * len(one.outlet.phases) / 1000) for one in below)
            solver.addConstr(power <= node.limit_w)
    if wanted is None:
        for one in claims:
            if one.id not in held:
                solver.addConstr(currents[one.id] >= top * (one.weight_ppm / 1e6))
    solver.maximize(top if wanted is None else currents[wanted])
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return {"level": solver.val(top)} | {name: solver.val(current) for name, current in currents.items()}
