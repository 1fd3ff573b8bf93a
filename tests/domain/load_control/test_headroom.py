"""Room in a tree, against the definition."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.electrical.grid import Node, Outlet, ancestors
from domain.load_control.headroom import Headroom
from tests.examples import examples

NODES = {
    "root": Node("root", None, "site", limit_w=30_000),
    "panel": Node("panel", "root", "panel", limit_ma=(60_000, 50_000, 40_000)),
    "circuit": Node("circuit", "panel", "circuit", limit_ma=(32_000, 32_000, 32_000), limit_w=15_000),
}
outlets = st.builds(
    Outlet,
    id=st.just("x"),
    node=st.sampled_from(sorted(NODES)),
    phases=st.sampled_from([(0,), (1,), (2,), (0, 1), (0, 1, 2)]),
    max_ma=st.just(32_000),
    min_ma=st.just(6_000),
    voltage_mv=st.sampled_from([208_000, 230_000]),
)
loads = st.lists(st.tuples(outlets, st.integers(0, 33_000)), max_size=5)


def fits(all_loads: list[tuple[Outlet, int]], above: tuple[str, ...], phases: tuple[int, ...]) -> bool:
    """The definition: at every node above, on these phases and in total."""
    for node in above:
        below = [(outlet, ma) for outlet, ma in all_loads if node in ancestors(NODES, outlet.node)]
        limit_ma, limit_w = NODES[node].limit_ma, NODES[node].limit_w
        if limit_ma and any(sum(ma for o, ma in below if p in o.phases) > limit_ma[p] for p in phases):
            return False
        if limit_w is not None and sum(outlet.power_w(ma) for outlet, ma in below) > limit_w:
            return False
    return True


@settings(max_examples=examples(100), deadline=None)
@given(loads, outlets, st.integers(0, 32_000))
def test_the_most_that_fits_does_and_a_milliampere_more_does_not(others, outlet, now_ma):
    left = Headroom(NODES, [*others, (outlet, now_ma)])
    most_ma = left.most_ma(outlet, now_ma)
    above = ancestors(NODES, outlet.node)
    if most_ma >= 0:
        assert fits([*others, (outlet, most_ma)], above, outlet.phases)
        assert not fits([*others, (outlet, most_ma + 1)], above, outlet.phases)
    else:
        assert not fits([*others, (outlet, 0)], above, outlet.phases)


@settings(max_examples=examples(100), deadline=None)
@given(loads)
def test_exceeded_nodes_are_those_that_do_not_fit(all_loads):
    exceeded = Headroom(NODES, all_loads).exceeded()
    assert exceeded == tuple(node for node in NODES if not fits(all_loads, (node,), (0, 1, 2)))
