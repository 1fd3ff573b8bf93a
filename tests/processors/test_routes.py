"""The messages between processors: none is lost, and each is the event itself, in the stream of who hears of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.log.topics import PROCESSORS
from domain.records import Record, input_record, load, registry, sites, vehicles
from domain.records.time import InputRejected
from processors import load as load_processor
from processors import sites as sites_processor
from processors import vehicles as vehicles_processor
from processors.engine.stream import fresh, step
from processors.routes import ROUTES, messages
from processors.vehicles import Vehicles
from tests.examples import examples
from tests.records.samples import samples

HANDLED = {
    "sites": sites_processor.handlers.routes,
    "load": load_processor.handlers.routes,
    "vehicles": vehicles_processor.handlers.routes,
}
ENDED = sites.SessionEnded(
    session_id="s", vehicle_id="v", charger_id=None, state="expired", reason="no_show", energy_wh=0, waited_ms=5
)
REFUSED = sites.SessionRefused(session_id="s", vehicle_id="v", reason="no chargers")
SITE = registry.SiteRegistered(site_id="north", location_zone="z", firm_w=1, nodes=())
CHARGER = registry.ChargerRegistered(
    charger_id="CP1", site_id="north", node="p", phases=(0,), max_ma=32_000, min_ma=6_000, voltage_mv=230_000
)
APPROVED = registry.EnterpriseApproved(enterprise_id="e", kind="fleet", daily_grants=3)
SUSPENDED = registry.EnterpriseSuspended(enterprise_id="e")
CLAIMED = vehicles.PriorityClaimed(claim_id="c", holder="enterprise:e", vehicle_id="v", session_id="s", basis="mission")
ANSWER = {"claim_id": "c", "vehicle_id": "v", "used": 1, "limit": 3, "rule": "r", "reason": "why"}
REVOKED = vehicles.PriorityRevoked(claim_id="c", vehicle_id="v", reason="suspended")
EVIDENCE = vehicles.Evidence(
    eligible=True,
    mission_active=None,
    mission_age_ms=None,
    location_zone=None,
    location_age_ms=None,
    site_zone=None,
    level_permille=None,
    level_age_ms=None,
)
PRIORITY = {
    "session_id": "s",
    "vehicle_id": "v",
    "site_id": "north",
    "tier": 1,
    "evidence": EVIDENCE,
    "rule": "r",
    "reason": "why",
}
VEHICLE = registry.VehicleRegistered(vehicle_id="v", battery_wh=None, max_ma=None, phases=1)


def heard_by(processor: str) -> set[type]:
    return {payload for payload, routes in ROUTES.items() for to, _ in routes if to == processor}


def event(payload, stream: str) -> Record:
    """An event as a processor decides it, far down a chain of causes."""
    told = input_record("the event", "/processors/test", stream, 7, payload, actor="a")
    return told._replace(correlationid="the request", causationid="the cause", build="b1")


def test_messages_go_to_processors_only():
    assert {to for routes in ROUTES.values() for to, _ in routes} <= set(PROCESSORS)


@pytest.mark.parametrize("processor", HANDLED)
def test_a_processor_handles_all_events_that_it_hears_of_and_hears_of_all_that_it_handles(processor):
    handled = {payload for payload in HANDLED[processor] if payload.record_kind == "event"}
    assert heard_by(processor) == handled


@pytest.mark.parametrize("payload", sorted(heard_by("vehicles"), key=lambda payload: payload.type_name))
@given(data=st.data())
@settings(max_examples=examples(20))
def test_a_vehicle_takes_whatever_it_hears_of(payload, data):
    schema = payload.model_json_schema()
    sample = payload.model_validate(data.draw(samples(schema, schema.get("$defs", {}))))
    given_record = input_record("i", "/test", "vehicles:v", 1, sample, actor="a")
    done = step(Vehicles(), fresh(Vehicles(), "vehicles:v"), given_record, "b")
    assert not any(isinstance(told.data, InputRejected) for told in done.events)


@pytest.mark.parametrize(
    ("payload", "stream", "heard"),
    [
        (SITE, "registry:site:north", ["sites:north", "load:north"]),
        (CHARGER, "registry:charger:CP1", ["sites:north", "load:north"]),
        (VEHICLE, "registry:vehicle:v", ["vehicles:v"]),
        (APPROVED, "registry:enterprise:e", ["vehicles:enterprise:e"]),
        (SUSPENDED, "registry:enterprise:e", ["vehicles:enterprise:e"]),
        (CLAIMED, "vehicles:v", ["vehicles:enterprise:e"]),
        (vehicles.QuotaUsed(**ANSWER, tier=0), "vehicles:enterprise:e", ["vehicles:v"]),
        (vehicles.QuotaRefused(**ANSWER), "vehicles:enterprise:e", ["vehicles:v"]),
        (REVOKED, "vehicles:enterprise:e", ["vehicles:v"]),
        (vehicles.PriorityGranted(**PRIORITY, basis="mission", valid_until_ms=9), "vehicles:v", ["sites:north"]),
        (vehicles.PriorityExpired(**PRIORITY), "vehicles:v", ["sites:north"]),
        (vehicles.CancelRequested(session_id="s", site_id="north"), "vehicles:v", ["sites:north"]),
        (vehicles.AcceptRequested(session_id="s", site_id="north"), "vehicles:v", ["sites:north"]),
        (vehicles.SnoozeRequested(session_id="s", site_id="north"), "vehicles:v", ["sites:north"]),
        (ENDED, "sites:north", ["vehicles:v"]),
        (REFUSED, "sites:north", ["vehicles:v"]),
        (sites.TargetsRenewed(valid_until_ms=9), "sites:north", ["load:north"]),
        (load.CapacityChanged(limits=(), fixed=()), "load:north", ["sites:north"]),
        (load.ChargerConnected(charger_id="CP1", connection_id="x"), "load:north", ["sites:north"]),
    ],
)
def test_a_message_is_the_event_itself_in_the_stream_of_who_hears_of_it(payload, stream, heard):
    decided = event(payload, stream)
    told = messages(decided)
    assert [(to, message.stream) for to, message in told] == [(to.partition(":")[0], to) for to in heard]
    for _, message in told:
        assert (message.id, message.correlationid, message.causationid) == ("the event", "the request", "the cause")
        assert message.build == "", "a build marks what was decided here"
        assert message._replace(stream=stream, build="b1") == decided


@pytest.mark.parametrize("payload", [ENDED, REFUSED])
def test_of_a_walk_up_no_vehicle_hears(payload):
    assert messages(event(payload.model_copy(update={"vehicle_id": None}), "sites:north")) == []


def test_of_what_is_in_no_route_nobody_hears():
    assert not messages(event(sites.ChargerReleased(charger_id="CP1"), "sites:north"))
