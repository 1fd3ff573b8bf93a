"""The garage, and several of them as one site."""

from simulators.scenarios.demo_options import parse
from simulators.world.site import garage

NEEDED = ["--server", "s", "--ocpp", "o", "--control", "c", "--credentials", "f"]


def test_of_several_garages_each_has_its_panels_and_chargers():
    one, two = garage("s", 40, 25), garage("s", 80, 50, garages=2)
    assert [node.id for node in one.nodes] == ["site", "p1", "p2", "p3"]
    assert [node.id for node in two.nodes] == ["site", "p1", "p2", "p3", "g2-p1", "g2-p2", "g2-p3"]
    assert (two.nodes[0].limit_kw, two.firm_kw) == (80, 50)
    assert [node.limit_a for node in two.nodes[4:]] == [node.limit_a for node in one.nodes[1:]]
    assert two.outlets[:12] == one.outlets
    assert [(outlet.node, outlet.phases) for outlet in two.outlets[12:]] == [
        (f"g2-{outlet.node}", outlet.phases) for outlet in one.outlets
    ]
    assert len({outlet.charger for outlet in two.outlets}) == 24


def test_limits_are_told_of_each_garage_and_are_the_site_s_together():
    three = parse([*NEEDED, "--garages", "3", "--limit-kw", "30", "--noon-limit-kw", "20"])
    assert (three.limit_kw, three.noon_limit_kw, three.firm_kw) == (90, 60, 75)
    one = parse(NEEDED)
    assert (one.limit_kw, one.noon_limit_kw, one.firm_kw, one.garages) == (40, 25, 25, 1)
