"""The registry: a description that makes sense is kept, any other is rejected by the name of its field."""

from __future__ import annotations

import pytest

from domain.records import Payload, input_record
from domain.records.registry import (
    AccountRegistered,
    ApproveEnterprise,
    ChargerRegistered,
    EnterpriseApproved,
    EnterpriseRegistered,
    EnterpriseSuspended,
    NodeSpec,
    RegisterAccount,
    RegisterCharger,
    RegisterEnterprise,
    RegisterSite,
    RegisterVehicle,
    SiteRegistered,
    SuspendEnterprise,
    VehicleRegistered,
)
from domain.records.time import InputRejected
from domain.records.vehicles import CancelSession
from domain.registry.site_tree import MAX_MA, MAX_W
from processors.engine.stream import Step, dump_state, fresh, load_state, refold, step
from processors.registry import Registry

NOW_MS = 1_000_000_000
ROOT = NodeSpec(id="site", parent=None, kind="site", limit_w=40_000)
TRANSFORMER = NodeSpec(id="t", parent="site", kind="transformer", limit_w=30_000)
PANEL = NodeSpec(id="p", parent="t", kind="panel", limit_ma=(20_000, 20_000, 20_000))
CIRCUIT = NodeSpec(id="c", parent="p", kind="circuit")
SITE = RegisterSite(site_id="north", location_zone="z", firm_w=25_000, nodes=(ROOT, TRANSFORMER, PANEL, CIRCUIT))
CHARGER = RegisterCharger(
    charger_id="CP1", site_id="north", node="p", phases=(0, 1, 2), max_ma=32_000, min_ma=6_000, voltage_mv=230_000
)
VEHICLE = RegisterVehicle(vehicle_id="v", battery_wh=60_000, max_ma=16_000, phases=3)
DRIVER = RegisterAccount(account_id="d", role="driver", enterprise_id=None)
ADMIN = RegisterAccount(account_id="a", role="enterprise_admin", enterprise_id="e")
ENTERPRISE = RegisterEnterprise(enterprise_id="e", kind="emergency")
APPROVE = ApproveEnterprise(enterprise_id="e", daily_grants=20)
SUSPEND = SuspendEnterprise(enterprise_id="e")
REGISTERED = [
    ("site:north", SITE, SiteRegistered),
    ("charger:CP1", CHARGER, ChargerRegistered),
    ("vehicle:v", VEHICLE, VehicleRegistered),
    ("account:d", DRIVER, AccountRegistered),
    ("account:a", ADMIN, AccountRegistered),
    ("enterprise:e", ENTERPRISE, EnterpriseRegistered),
]


def tell(*commands: Payload, key: str = "site:north") -> Step:
    """The last step of a new stream that is given these commands."""
    registry, stream = Registry(), f"registry:{key}"
    done = Step(fresh(registry, stream))
    for number, command in enumerate(commands):
        given = input_record(f"i{number}", "/test", stream, NOW_MS + number, command, actor="t")
        done = step(registry, done.after, given, "b")
    return done


def rejection(*commands: Payload) -> InputRejected:
    [event] = tell(*commands).events
    assert isinstance(event.data, InputRejected)
    return event.data


def changed(command: Payload, **different) -> Payload:
    return command.model_copy(update=different)


@pytest.mark.parametrize(("key", "command", "event"), REGISTERED)
def test_a_description_is_kept_as_it_was_given(key, command, event):
    [registered] = tell(command, key=key).events
    assert registered.data == event(**command.__dict__)
    assert (registered.stream, registered.causationid, registered.time) == (f"registry:{key}", "i0", NOW_MS)


@pytest.mark.parametrize(("key", "command", "_event"), REGISTERED)
def test_an_id_is_taken_once(key, command, _event):
    again = tell(command, command, key=key)
    [event] = again.events
    assert isinstance(event.data, InputRejected)
    assert (event.data.field, event.data.reason, event.data.input_id) == ("id", "this id is taken", "i1")
    assert again.after.state == tell(command, key=key).after.state


def test_an_id_stays_free_after_a_rejection():
    [event] = tell(changed(SITE, firm_w=-1), SITE).events
    assert isinstance(event.data, SiteRegistered)


@pytest.mark.parametrize(("key", "command", "_event"), REGISTERED)
def test_the_same_commands_give_the_same_events_byte_for_byte(key, command, _event):
    first, second = tell(command, key=key), tell(command, key=key)
    assert first.events == second.events
    assert dump_state(Registry(), first.after) == dump_state(Registry(), second.after)


@pytest.mark.parametrize(("key", "command", "_event"), REGISTERED)
def test_the_state_is_read_back_and_folded_again_from_the_events(key, command, _event):
    registry, done = Registry(), tell(command, key=key)
    assert load_state(registry, dump_state(registry, done.after)) == done.after
    assert refold(registry, f"registry:{key}", done.events, {}, False).state == done.after.state


def test_what_is_not_for_the_registry_is_rejected():
    assert rejection(CancelSession(session_id="s")).field == "type"


def node(changing: NodeSpec, **different) -> NodeSpec:
    return changing.model_copy(update=different)


@pytest.mark.parametrize(
    "nodes",
    [
        (ROOT,),
        (CIRCUIT, PANEL, TRANSFORMER, ROOT),
        (node(ROOT, limit_w=MAX_W), node(PANEL, parent="site", limit_ma=(0, MAX_MA, 0))),
    ],
)
def test_any_tree_below_one_site_node_is_valid(nodes):
    [event] = tell(changed(SITE, nodes=nodes)).events
    assert event.data == SiteRegistered(site_id="north", location_zone="z", firm_w=25_000, nodes=nodes)


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        ((), "exactly one node without a parent"),
        ((ROOT, node(ROOT, id="site2")), "exactly one node without a parent"),
        ((node(ROOT, kind="panel"),), "of kind site"),
        ((ROOT, node(PANEL, parent="nowhere")), "p hangs below nowhere, which is no node"),
        ((ROOT, node(PANEL, parent="p")), "p is its own ancestor"),
        ((ROOT, node(PANEL, parent="c"), node(CIRCUIT, parent="p")), "p is its own ancestor"),
        ((node(TRANSFORMER, parent="p"), PANEL), "exactly one node without a parent"),
        ((ROOT, PANEL, node(PANEL, parent="site")), "two nodes have the same id"),
        ((node(ROOT, limit_w=None, limit_ma=(1, 1, 1)),), "the site node needs a limit_w"),
        ((node(ROOT, limit_w=0),), "limit_w of site must lie in 1..1000000000"),
        ((ROOT, node(TRANSFORMER, limit_w=-1)), "limit_w of t must lie in"),
        ((ROOT, node(TRANSFORMER, limit_w=MAX_W + 1)), "limit_w of t must lie in"),
        ((ROOT, TRANSFORMER, node(PANEL, limit_ma=(0, -1, 0))), "limit_ma of p must lie in 0..1000000"),
        ((ROOT, TRANSFORMER, node(PANEL, limit_ma=(0, 0, MAX_MA + 1))), "limit_ma of p must lie in"),
    ],
)
def test_nodes_that_are_no_tree_are_rejected(nodes, reason):
    rejected = rejection(changed(SITE, nodes=nodes))
    assert rejected.field == "nodes"
    assert reason in rejected.reason


@pytest.mark.parametrize("firm_w", [-1, 40_001])
def test_the_firm_limit_lies_within_the_limit_of_the_site(firm_w):
    rejected = rejection(changed(SITE, firm_w=firm_w))
    assert (rejected.field, rejected.reason) == ("firm_w", "firm_w must lie between 0 and the site's limit_w")


@pytest.mark.parametrize("firm_w", [0, 40_000])
def test_the_firm_limit_may_be_nothing_or_all(firm_w):
    assert tell(changed(SITE, firm_w=firm_w)).after.state.site.firm_w == firm_w


@pytest.mark.parametrize("reserve_w", [-1, 40_001])
def test_the_reserve_for_priority_lies_within_the_limit_of_the_site(reserve_w):
    rejected = rejection(changed(SITE, priority_reserve_w=reserve_w))
    assert rejected.field == "priority_reserve_w"
    assert rejected.reason == "priority_reserve_w must lie between 0 and the site's limit_w"


@pytest.mark.parametrize("reserve_w", [0, 40_000])
def test_the_reserve_for_priority_may_be_nothing_or_all(reserve_w):
    assert tell(changed(SITE, priority_reserve_w=reserve_w)).after.state.site.priority_reserve_w == reserve_w


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"phases": ()}, "phases"),
        ({"phases": (0, 0)}, "phases"),
        ({"phases": (3,)}, "phases"),
        ({"phases": (-1,)}, "phases"),
        ({"min_ma": 5_999}, "min_ma"),
        ({"min_ma": 32_001}, "min_ma"),
        ({"max_ma": MAX_MA + 1}, "min_ma"),
        ({"voltage_mv": 49_999}, "voltage_mv"),
        ({"voltage_mv": 1_000_001}, "voltage_mv"),
    ],
)
def test_a_charger_that_makes_no_sense_is_rejected(different, field):
    assert rejection(changed(CHARGER, **different)).field == field


@pytest.mark.parametrize(
    "different",
    [
        {"phases": (2,)},
        {"phases": (2, 0)},
        {"min_ma": 32_000},
        {"max_ma": MAX_MA},
        {"voltage_mv": 50_000},
        {"voltage_mv": 1_000_000},
    ],
)
def test_the_edges_of_a_charger_are_accepted(different):
    command = changed(CHARGER, **different)
    assert tell(command, key="charger:CP1").after.state.charger == ChargerRegistered(**command.__dict__)


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"battery_wh": 999}, "battery_wh"),
        ({"battery_wh": 2_000_001}, "battery_wh"),
        ({"max_ma": 0}, "max_ma"),
        ({"max_ma": MAX_MA + 1}, "max_ma"),
        ({"phases": 0}, "phases"),
        ({"phases": 4}, "phases"),
    ],
)
def test_a_vehicle_that_makes_no_sense_is_rejected(different, field):
    assert rejection(changed(VEHICLE, **different)).field == field


@pytest.mark.parametrize(
    "different",
    [{"battery_wh": 1_000}, {"battery_wh": 2_000_000}, {"battery_wh": None}, {"max_ma": None}, {"phases": 1}],
)
def test_the_edges_of_a_vehicle_and_what_is_not_known_of_it_are_accepted(different):
    command = changed(VEHICLE, **different)
    assert tell(command, key="vehicle:v").after.state.vehicle == VehicleRegistered(**command.__dict__)


def test_a_repeated_command_is_handled_once():
    registry, done = Registry(), tell(SITE)
    repeat = input_record("i0", "/test", "registry:site:north", NOW_MS, SITE, actor="t")
    assert step(registry, done.after, repeat._replace(time=NOW_MS + 5), "b") == Step(done.after)


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (changed(DRIVER, enterprise_id="e"), "enterprise_id"),
        (changed(ADMIN, enterprise_id=None), "enterprise_id"),
        (changed(ADMIN, role="operator"), "enterprise_id"),
        (changed(VEHICLE, priority_eligible=True), "priority_eligible"),
    ],
)
def test_members_that_make_no_sense_are_rejected_by_the_field(command, field):
    assert rejection(command).field == field


def test_an_enterprise_waits_for_approval_and_may_lose_it_and_get_it_again():
    approved = tell(ENTERPRISE, APPROVE, key="enterprise:e")
    assert approved.events[0].data == EnterpriseApproved(enterprise_id="e", kind="emergency", daily_grants=20)
    assert approved.after.state.verification == "approved"
    suspended = tell(ENTERPRISE, APPROVE, SUSPEND, key="enterprise:e")
    assert suspended.events[0].data == EnterpriseSuspended(enterprise_id="e")
    again = tell(ENTERPRISE, APPROVE, SUSPEND, changed(APPROVE, daily_grants=5), key="enterprise:e")
    assert again.events[0].data.daily_grants == 5
    assert again.after.state.verification == "approved"


@pytest.mark.parametrize(
    ("commands", "field"),
    [
        ((APPROVE,), "enterprise_id"),
        ((SUSPEND,), "enterprise_id"),
        ((ENTERPRISE, SUSPEND), "enterprise_id"),
        ((ENTERPRISE, changed(APPROVE, daily_grants=0)), "daily_grants"),
        ((ENTERPRISE, changed(APPROVE, daily_grants=10_001)), "daily_grants"),
        ((SITE, APPROVE), "enterprise_id"),
    ],
)
def test_an_approval_that_makes_no_sense_is_rejected_by_the_field(commands, field):
    assert rejection(*commands).field == field
