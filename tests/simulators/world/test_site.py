"""The garage, and several of them as one site."""

from simulators.charger.personality import COMPLIANT
from simulators.scenarios.demo_options import parse
from simulators.world.site import Charger
from simulators.world.sites import KINDS, garage

NEEDED = ["--server", "s", "--ocpp", "o", "--control", "c", "--credentials", "f"]


def test_of_several_garages_each_has_its_panels_and_chargers():
    one, two = garage("s", 40, 25), garage("s", 80, 50, garages=2)
    assert [node.id for node in one.nodes] == ["site", "p1", "p2", "p3"]
    assert [node.id for node in two.nodes] == ["site", "p1", "p2", "p3", "g2-p1", "g2-p2", "g2-p3"]
    assert (two.nodes[0].limit_kw, two.firm_kw) == (80, 50)
    assert [node.limit_a for node in two.nodes[4:]] == [node.limit_a for node in one.nodes[1:]]
    assert two.wires()[:12] == one.wires()
    assert [(wires.node, wires.phases) for wires in two.wires()[12:]] == [
        (f"g2-{wires.node}", wires.phases) for wires in one.wires()
    ]
    assert len({wires.outlet for wires in two.wires()}) == 24


def test_limits_are_told_of_each_garage_and_are_the_site_s_together():
    three = parse([*NEEDED, "--garages", "3", "--limit-kw", "30", "--noon-limit-kw", "20"])
    assert (three.limit_kw, three.noon_limit_kw, three.firm_kw) == (90, 60, 75)
    one = parse(NEEDED)
    assert (one.limit_kw, one.noon_limit_kw, one.firm_kw, one.garages) == (40, 25, 25, 1)


def test_kinds_of_chargers_take_the_places_of_usual_ones():
    usual, every = garage("s", 40, 25, kinds=()), garage("s", 40, 25, kinds=KINDS)
    assert [(wires.node, wires.phases) for wires in usual.wires()] == [
        (wires.node, wires.phases) for wires in every.wires()
    ]
    assert {charger.character for charger in usual.chargers} == {COMPLIANT}
    assert {charger.id for charger in every.chargers if len(charger.wires) == 2} == {"p1-1", "p2-1", "p3-1"}
    odd = {charger.id: charger.character for charger in every.chargers if charger.character != COMPLIANT}
    assert odd.keys() == {"p2-3", "p2-4", "p3-3", "p3-4"}
    assert odd["p2-3"].rate_units == ("W",)
    assert odd["p2-4"].session_register
    assert odd["p3-3"].clock_ahead_s == 7200
    assert odd["p3-4"].loses_every_stop > 0


def test_of_two_connectors_each_is_registered_with_its_node_and_phases():
    charger = Charger.double("d", "p1", ("L2",))
    assert [wires.outlet for wires in charger.wires] == ["d:1", "d:2"]
    assert charger.registration("s")["connectors"] == [
        {"id": 1, "node": "p1", "phases": ["L2"]},
        {"id": 2, "node": "p1", "phases": ["L2"]},
    ]
    assert "connectors" not in Charger.single("d", "p1", ("L2",)).registration("s")
