"""Entities: aggregates whose events are the registry's records."""

from __future__ import annotations

from uuid import NAMESPACE_OID, uuid5

import pytest

from domain.records import TYPES, registry
from processors.registry.enterprise import Enterprise
from processors.registry.entity import Entity, timestamp
from processors.registry.processor import CHANGED_BY, REGISTERED_BY
from tests.stories.registry import APPROVE, ENTERPRISE
from tests.stories.story import START_MS

RECORDS = [record for record in TYPES.values() if record.__module__ == registry.__name__]


def test_every_event_of_the_registry_is_an_event_of_one_aggregate():
    assert set(CHANGED_BY) == {record for record in RECORDS if record.record_kind == "event"}
    for record, aggregate in CHANGED_BY.items():
        event = vars(aggregate)[record.__name__]
        assert issubclass(event, Entity.Event)


def test_every_aggregate_is_registered_by_a_command_of_its_own():
    assert set(REGISTERED_BY.values()) == set(CHANGED_BY.values())
    assert len(set(REGISTERED_BY.values())) == len(REGISTERED_BY)


def test_the_events_of_an_aggregate_carry_the_records_and_the_time_that_was_given():
    enterprise = Enterprise.register("enterprise:e", ENTERPRISE, timestamp(START_MS))
    enterprise.approve(APPROVE, timestamp(START_MS + 1))
    registered, approved = enterprise.collect_events()
    assert (type(registered), type(approved)) == (Enterprise.EnterpriseRegistered, Enterprise.EnterpriseApproved)
    assert registered.record == registry.EnterpriseRegistered(enterprise_id="e", kind="emergency")
    assert approved.record == registry.EnterpriseApproved(enterprise_id="e", kind="emergency", daily_grants=20)
    assert (registered.timestamp, approved.timestamp) == (timestamp(START_MS), timestamp(START_MS + 1))
    assert [registered.originator_version, approved.originator_version] == [1, 2]
    assert {registered.originator_id, approved.originator_id} == {uuid5(NAMESPACE_OID, "enterprise:e")}


def test_an_aggregate_is_restored_from_its_state():
    enterprise = Enterprise.register("enterprise:e", ENTERPRISE, timestamp(START_MS))
    enterprise.approve(APPROVE, timestamp(START_MS))
    restored = Enterprise.restored(enterprise.state, timestamp(START_MS))
    assert restored.state == enterprise.state
    assert restored.id == enterprise.id
    assert restored.records() == []


def test_an_event_without_a_time_is_refused_since_a_clock_would_differ_the_second_time():
    with pytest.raises(TypeError, match="is given its timestamp"):
        Enterprise.register("enterprise:e", ENTERPRISE, None)
