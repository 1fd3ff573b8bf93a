"""Enterprises: registered, approved with a quota, suspended, and approved again."""

from __future__ import annotations

import pytest

from domain.records.registry import EnterpriseApproved, EnterpriseRegistered, EnterpriseSuspended
from tests.stories.registry import APPROVE, ENTERPRISE, SUSPEND, changed, given, when

KEY = "enterprise:e"
APPROVED = EnterpriseApproved(enterprise_id="e", kind="emergency", daily_grants=20)


def test_an_enterprise_waits_for_its_approval():
    story = when(ENTERPRISE, KEY).then(EnterpriseRegistered(enterprise_id="e", kind="emergency"))
    assert story.state.verification == "pending"


def test_an_approval_gives_it_a_quota():
    story = given(ENTERPRISE, key=KEY).decide(APPROVE).then(APPROVED)
    assert story.state.verification == "approved"


def test_a_second_approval_changes_the_quota():
    again = changed(APPROVE, daily_grants=5)
    given(ENTERPRISE, APPROVE, key=KEY).decide(again).then(changed(APPROVED, daily_grants=5))


def test_an_approval_may_be_suspended_and_given_again():
    story = given(ENTERPRISE, APPROVE, key=KEY).decide(SUSPEND).then(EnterpriseSuspended(enterprise_id="e"))
    assert story.state.verification == "suspended"
    assert story.decide(APPROVE).then(APPROVED).state.verification == "approved"


@pytest.mark.parametrize("command", [APPROVE, SUSPEND])
def test_an_enterprise_that_is_not_registered_is_neither_approved_nor_suspended(command):
    when(command, KEY).then_rejected("enterprise_id", "this enterprise is not registered")


def test_an_enterprise_that_is_not_approved_cannot_be_suspended():
    pending = given(ENTERPRISE, key=KEY).decide(SUSPEND)
    pending.then_rejected("enterprise_id", "this enterprise is pending, not approved")
    suspended = given(ENTERPRISE, APPROVE, SUSPEND, key=KEY).decide(SUSPEND)
    suspended.then_rejected("enterprise_id", "this enterprise is suspended, not approved")


@pytest.mark.parametrize("daily_grants", [0, 10_001])
def test_a_quota_that_makes_no_sense_is_rejected(daily_grants):
    command = changed(APPROVE, daily_grants=daily_grants)
    story = given(ENTERPRISE, key=KEY).decide(command).then_rejected("daily_grants", "must lie in 1..10000")
    assert story.state.verification == "pending"


@pytest.mark.parametrize("daily_grants", [1, 10_000])
def test_the_edges_of_a_quota_are_accepted(daily_grants):
    command = changed(APPROVE, daily_grants=daily_grants)
    given(ENTERPRISE, key=KEY).decide(command).then(changed(APPROVED, daily_grants=daily_grants))
